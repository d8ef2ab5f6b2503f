// KeySet: which keys of one table were seen, as cheaply as the key allows: ids in a paged bitmap,
// other keys of up to eight bytes in a flat hash set, the rest as strings.
//
// Thread rule: one thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/assert.h"

namespace perdure::engine {

class FlatSet {
public:
    FlatSet() : slots_(1024, 0) {}

    bool insert(std::uint64_t key) {
        if (key == 0) return !std::exchange(zero_, true);
        if (count_ * 2 >= slots_.size()) grow();
        return insert_in(slots_, key);
    }

private:
    bool insert_in(std::vector<std::uint64_t>& slots, std::uint64_t key) {
        const std::size_t mask = slots.size() - 1;
        std::size_t at = mixed(key) & mask;
        while (slots[at] != 0) {
            if (slots[at] == key) return false;
            at = (at + 1) & mask;
        }
        slots[at] = key;
        ++count_;
        return true;
    }
    // Keys may differ in any of their bits, the highest only too.
    static std::size_t mixed(std::uint64_t key) noexcept {
        key ^= key >> 33U;
        key *= 0xFF51AFD7ED558CCDULL;
        return key ^ (key >> 33U);
    }
    void grow() {
        std::vector<std::uint64_t> larger(slots_.size() * 4, 0);
        PERDURE_ASSERT((larger.size() & (larger.size() - 1)) == 0);  // its mask is all ones
        const std::size_t before = std::exchange(count_, 0);
        for (const std::uint64_t key : slots_) {
            if (key != 0) insert_in(larger, key);
        }
        PERDURE_ASSERT(count_ == before);
        slots_ = std::move(larger);
    }

    std::vector<std::uint64_t> slots_;  // 0: free
    std::size_t count_ = 0;
    bool zero_ = false;
};

class IdSet {
public:
    // True if it was not there.
    bool insert(std::uint64_t id) {
        const std::uint64_t page = id / page_ids;
        if ((page != cached_page_ || !cached_) && !find_page(page)) return elsewhere_.insert(id);
        ++inserted_;
        std::uint64_t& word = (*cached_)[id % page_ids / 64];
        const std::uint64_t bit = std::uint64_t{1} << (id % 64);
        if ((word & bit) != 0) return false;
        word |= bit;
        return true;
    }

private:
    static constexpr std::uint64_t page_ids = 1U << 18;  // 32 KiB a page
    using Page = std::array<std::uint64_t, page_ids / 64>;

    // False if ids of this page are kept elsewhere: ids that lie far apart would take a page each.
    bool find_page(std::uint64_t page) {
        auto found = pages_.find(page);
        if (found == pages_.end()) {
            sparse_ = sparse_ || pages_.size() >= 64 + inserted_ / 64;
            if (sparse_) return false;
            found = pages_.emplace(page, std::make_unique<Page>()).first;
        }
        cached_ = found->second.get();
        cached_page_ = page;
        return true;
    }

    std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;
    FlatSet elsewhere_;  // ids of pages that were not made
    bool sparse_ = false;
    std::uint64_t inserted_ = 0;
    Page* cached_ = nullptr;
    std::uint64_t cached_page_ = 0;
};

}  // namespace perdure::engine
