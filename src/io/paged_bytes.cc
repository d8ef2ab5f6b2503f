#include "io/paged_bytes.h"

#include <algorithm>

#include "base/assert.h"

namespace perdure::io {

namespace {

constexpr std::uint64_t page_bytes = PagedBytes::page_bytes;

std::size_t page_count(std::uint64_t bytes) { return (bytes + page_bytes - 1) / page_bytes; }

}  // namespace

std::size_t PagedBytes::read(std::uint64_t offset, MutableByteSpan into) const {
    if (offset >= size_) return 0;
    const std::size_t total = std::min<std::uint64_t>(into.size(), size_ - offset);
    for (std::size_t done = 0; done < total;) {
        const std::size_t in_page = (offset + done) % page_bytes;
        const std::size_t part = std::min<std::size_t>(total - done, page_bytes - in_page);
        const Page* page = pages_[(offset + done) / page_bytes].get();
        if (page != nullptr) {
            std::memcpy(into.data() + done, page->data() + in_page, part);
        } else {
            std::memset(into.data() + done, 0, part);
        }
        done += part;
    }
    return total;
}

void PagedBytes::write(std::uint64_t offset, ByteSpan bytes) {
    if (bytes.empty()) return;
    if (offset + bytes.size() > size_) resize(offset + bytes.size());
    for (std::size_t done = 0; done < bytes.size();) {
        const std::size_t in_page = (offset + done) % page_bytes;
        const std::size_t part = std::min<std::size_t>(bytes.size() - done, page_bytes - in_page);
        Page& page = writable_page((offset + done) / page_bytes, part == page_bytes);
        std::memcpy(page.data() + in_page, bytes.data() + done, part);
        done += part;
    }
}

void PagedBytes::resize(std::uint64_t bytes) {
    const std::size_t in_page = bytes % page_bytes;
    if (bytes < size_ && in_page != 0 && pages_[bytes / page_bytes] != nullptr) {
        Page& last = writable_page(bytes / page_bytes, false);
        std::fill(last.begin() + static_cast<std::ptrdiff_t>(in_page), last.end(), std::byte{0});
    }
    pages_.resize(page_count(bytes));
    size_ = bytes;
}

void PagedBytes::share(const PagedBytes& other, std::uint64_t offset, std::uint64_t bytes) {
    PERDURE_ASSERT(other.size_ >= size_);
    if (other.size_ > size_) resize(other.size_);
    const std::size_t end = std::min(page_count(offset + bytes), pages_.size());
    for (std::size_t index = offset / page_bytes; index < end; ++index) {
        pages_[index] = other.pages_[index];
    }
}

std::uint64_t PagedBytes::allocated_bytes() const noexcept {
    const auto holes = std::count(pages_.begin(), pages_.end(), nullptr);
    return (pages_.size() - static_cast<std::uint64_t>(holes)) * page_bytes;
}

std::uint64_t PagedBytes::writable_bytes(std::uint64_t offset, std::uint64_t bytes,
                                         std::uint64_t pages) const noexcept {
    const std::uint64_t end = offset + bytes;
    for (std::uint64_t at = offset; at < end; at = (at / page_bytes + 1) * page_bytes) {
        const std::uint64_t index = at / page_bytes;
        const bool taken = index < pages_.size() && pages_[index] != nullptr;
        if (taken) continue;
        if (pages == 0) return at - offset;
        --pages;
    }
    return bytes;
}

PagedBytes::Page& PagedBytes::writable_page(std::size_t index, bool overwrite_all) {
    std::shared_ptr<Page>& page = pages_[index];
    if (page == nullptr) {
        page = overwrite_all ? std::make_shared_for_overwrite<Page>() : std::make_shared<Page>();
    } else if (page.use_count() != 1) {
        page =
            overwrite_all ? std::make_shared_for_overwrite<Page>() : std::make_shared<Page>(*page);
    } else {
        // The last other owner may have been a copy in another thread. Letting go of one more
        // reference is an acquire: its reads come before our writes.
        std::shared_ptr<Page>(page).reset();
    }
    return *page;
}

}  // namespace perdure::io
