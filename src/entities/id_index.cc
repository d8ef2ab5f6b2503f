#include "entities/id_index.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/assert.h"

namespace perdure::entities {
namespace {

constexpr std::size_t directory_entries_min = 8;

unsigned shift_for(std::size_t entries) noexcept {
    return 64U - static_cast<unsigned>(std::countr_zero(entries));
}

}  // namespace

IdIndex::IdIndex()
    : directory_(directory_entries_min),
      mask_(directory_entries_min - 1),
      shift_(shift_for(directory_entries_min)) {}

std::size_t IdIndex::place(std::uint64_t key) const noexcept {
    std::size_t at = home(key);
    while (directory_[at].page != nullptr && directory_[at].key != key) at = (at + 1) & mask_;
    return at;
}

std::uint32_t IdIndex::put(std::uint64_t id, std::uint32_t number) {
    PERDURE_ASSERT(number != none);
    const std::uint64_t key = id >> page_bits;
    std::size_t at = place(key);
    if (directory_[at].page == nullptr) {
        if ((pages_ + 1) * 2 > directory_.size()) {
            double_directory();
            at = place(key);
        }
        directory_[at] = {key, take_page()};
        ++pages_;
    }
    Page& page = *directory_[at].page;
    const std::uint32_t before = std::exchange(page.numbers[id & page_mask], number);
    if (before == none) ++page.used;
    return before;
}

void IdIndex::clear(std::uint64_t id) {
    const std::size_t at = place(id >> page_bits);
    Page* const page = directory_[at].page;
    if (page == nullptr) return;
    if (std::exchange(page->numbers[id & page_mask], none) == none) return;
    PERDURE_ASSERT(page->used > 0);
    if (--page->used > 0) return;
    free_pages_.push_back(page);
    erase_entry(at);
    --pages_;
}

IdIndex::Page* IdIndex::take_page() {
    if (free_pages_.empty()) {
        slabs_.push_back(std::make_unique_for_overwrite<Page[]>(slab_pages));
        for (std::size_t page = slab_pages; page > 0; --page) {
            free_pages_.push_back(&slabs_.back()[page - 1]);
        }
    }
    Page* const page = free_pages_.back();
    free_pages_.pop_back();
    std::fill(std::begin(page->numbers), std::end(page->numbers), none);
    page->used = 0;
    return page;
}

void IdIndex::double_directory() {
    const std::vector<Entry> before = std::exchange(directory_, {});
    directory_.resize(before.size() * 2);
    mask_ = directory_.size() - 1;
    shift_ = shift_for(directory_.size());
    for (const Entry& entry : before) {
        if (entry.page != nullptr) directory_[place(entry.key)] = entry;
    }
}

// Closes the gap, so that no search ends before what it looks for: entries behind the gap move into
// it unless their home lies behind it.
void IdIndex::erase_entry(std::size_t at) noexcept {
    std::size_t gap = at;
    for (std::size_t next = (at + 1) & mask_; directory_[next].page != nullptr;
         next = (next + 1) & mask_) {
        const std::size_t from_home = (next - home(directory_[next].key)) & mask_;
        const std::size_t from_gap = (next - gap) & mask_;
        if (from_home < from_gap) continue;
        directory_[gap] = directory_[next];
        gap = next;
    }
    directory_[gap] = {};
}

}  // namespace perdure::entities
