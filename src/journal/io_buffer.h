// IoBuffer: block-aligned memory for reads past the page cache and for whole writes; kept between
// uses and not zeroed.
//
// Thread rule: one thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

#include "base/assert.h"
#include "base/bytes.h"
#include "journal/format.h"

namespace perdure::journal {

class IoBuffer {
public:
    [[nodiscard]] std::byte* data() noexcept { return data_.get(); }
    [[nodiscard]] const std::byte* data() const noexcept { return data_.get(); }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_; }

    // At least `bytes` bytes; the first `keep`, as far as they are there, stay. Grows by half, so
    // that adding little by little stays cheap.
    void reserve(std::size_t bytes, std::size_t keep) {
        if (bytes <= bytes_) return;
        replace(round_up(bytes + bytes_ / 2, block_bytes), keep);
        PERDURE_ASSERT(bytes_ >= bytes);
    }
    // Gives memory back if there is more than `bytes`. The content is lost.
    void shrink(std::size_t bytes) {
        if (bytes_ > bytes) replace(round_up(bytes, block_bytes), 0);
    }

private:
    struct Free {
        void operator()(std::byte* data) const noexcept {
            ::operator delete (data, std::align_val_t{block_bytes});
        }
    };

    void replace(std::size_t bytes, std::size_t keep) {
        std::unique_ptr<std::byte, Free> fresh(
            static_cast<std::byte*>(::operator new (bytes, std::align_val_t{block_bytes})));
        keep = std::min(keep, bytes_);
        PERDURE_ASSERT(keep <= bytes);
        if (keep != 0) std::memcpy(fresh.get(), data_.get(), keep);
        data_ = std::move(fresh);
        bytes_ = bytes;
    }

    std::unique_ptr<std::byte, Free> data_;
    std::size_t bytes_ = 0;
};

}  // namespace perdure::journal
