// PagedBytes: a growing array of bytes in pages that copies share until one of them writes. A copy
// costs one pointer per page. Pages never written cost nothing and read as zeros.
//
// Thread rule: a value; one thread at a time. Copies may live in different threads.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"

namespace perdure::io {

class PagedBytes {
public:
    static constexpr std::size_t page_bytes = 4096;

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    // Returns how many bytes there were before the end.
    std::size_t read(std::uint64_t offset, MutableByteSpan into) const;
    void write(std::uint64_t offset, ByteSpan bytes);  // grows if need be
    void resize(std::uint64_t bytes);                  // what is new reads as zeros

    // Makes [offset, offset + bytes), rounded out to whole pages and cut at the end, what it is in
    // `other`, by sharing its pages. Grows to other.size() if that is more.
    void share(const PagedBytes& other, std::uint64_t offset, std::uint64_t bytes);

    [[nodiscard]] std::uint64_t allocated_bytes() const noexcept;
    // How many bytes of a write at `offset` fit if it may take `pages` new pages.
    [[nodiscard]] std::uint64_t writable_bytes(std::uint64_t offset, std::uint64_t bytes,
                                               std::uint64_t pages) const noexcept;

private:
    using Page = std::array<std::byte, page_bytes>;

    Page& writable_page(std::size_t index, bool overwrite_all);

    std::uint64_t size_ = 0;
    // As many as size_ needs; null where nothing was written. Bytes of the last page beyond size_
    // are zero.
    std::vector<std::shared_ptr<Page>> pages_;
};

}  // namespace perdure::io
