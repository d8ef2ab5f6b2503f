// Writer: bytes one after the other, as Input (target.h) takes them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"

namespace perdure::fuzz {

class Writer {
public:
    template <typename T>
    Writer& number(T value) {
        const std::size_t at = bytes_.size();
        bytes_.resize(at + sizeof value);
        store_le(bytes_.data() + at, value);
        return *this;
    }
    Writer& bytes(ByteSpan bytes) {
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        return *this;
    }
    Writer& text(std::string_view text) { return bytes(as_bytes(text)); }
    Writer& short_piece(ByteSpan piece) {
        PERDURE_ASSERT(piece.size() < 256);
        return number(static_cast<std::uint8_t>(piece.size())).bytes(piece);
    }
    Writer& short_text(std::string_view text) { return short_piece(as_bytes(text)); }

    [[nodiscard]] const std::vector<std::byte>& done() const noexcept { return bytes_; }

private:
    std::vector<std::byte> bytes_;
};

}  // namespace perdure::fuzz
