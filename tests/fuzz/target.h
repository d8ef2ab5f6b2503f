// Target: one decoder, given bytes that anybody may have written. A target decodes its input, and
// where it is taken checks what must hold; what must not be is an assertion, and so ends the
// program.
//
// Each target is a function in a file of its own. tests/fuzz/driver.cc makes a fuzzer of one of
// them, replay_test.cc runs all of them over the corpora. README.md says which decoder is whose.
//
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "perdure/batch.h"
#include "perdure/status.h"

namespace perdure::fuzz {

enum class Outcome : std::uint8_t { refused, taken };

struct Target {
    std::string_view name;
    Outcome (*run)(ByteSpan input);
};

// All of them but the canary.
[[nodiscard]] std::span<const Target> targets();

// What a decoder owes whoever gave it bytes: one of the codes that its header documents, and words
// that a terminal may show. Anything else is an assertion.
Outcome refused(const Status& status, std::initializer_list<Code> documented);

// The same table, operation and cells, bit for bit.
[[nodiscard]] bool same_rows(const Batch& one, const Batch& other);

// Takes the input apart, for targets that are told how to damage what. At its end it gives zeros.
class Input {
public:
    explicit Input(ByteSpan bytes) : bytes_(bytes) {}

    template <typename T>
    [[nodiscard]] T number() {
        std::byte whole[sizeof(T)]{};
        const ByteSpan piece = take(sizeof(T));
        for (std::size_t index = 0; index < piece.size(); ++index) whole[index] = piece[index];
        return load_le<T>(whole);
    }
    // At most `bytes`.
    [[nodiscard]] ByteSpan take(std::size_t bytes) {
        const ByteSpan piece = bytes_.first(bytes < bytes_.size() ? bytes : bytes_.size());
        bytes_ = bytes_.subspan(piece.size());
        return piece;
    }
    // As many as the next byte says, at most.
    [[nodiscard]] ByteSpan short_piece() { return take(number<std::uint8_t>()); }
    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
    [[nodiscard]] ByteSpan rest() const noexcept { return bytes_; }

private:
    ByteSpan bytes_;
};

// A copy in memory of exactly its size, so that the address sanitizer sees every read beyond it.
[[nodiscard]] std::vector<std::byte> copy_of(ByteSpan bytes);

Outcome file_header(ByteSpan input);
Outcome file_name(ByteSpan input);
Outcome group(ByteSpan input);
Outcome frame(ByteSpan input);
Outcome key_codec(ByteSpan input);
Outcome recovery(ByteSpan input);
Outcome inspect(ByteSpan input);
Outcome definition(ByteSpan input);
Outcome column_type(ByteSpan input);
Outcome cell(ByteSpan input);
Outcome text(ByteSpan input);
Outcome identity(ByteSpan input);
Outcome lock_owner(ByteSpan input);
Outcome settings(ByteSpan input);
Outcome categories(ByteSpan input);
Outcome hydration(ByteSpan input);
Outcome store_page(ByteSpan input);
Outcome store_log(ByteSpan input);
Outcome store_rows(ByteSpan input);
Outcome store_file(ByteSpan input);
Outcome store_world(ByteSpan input);
Outcome ground(ByteSpan input);
// Has a fault on purpose, in the fuzzers' build only: see canary.cc.
Outcome canary(ByteSpan input);

}  // namespace perdure::fuzz
