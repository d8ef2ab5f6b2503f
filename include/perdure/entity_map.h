// EntityMap: from Perdure's ids to a program's own handles, for a program that has its own ECS.
//
//     perdure::EntityMap<std::uint32_t> slots;       // handle: whatever the program uses
//     slots.put(entity, 7);
//     if (const std::uint32_t* slot = slots.find(entity)) …
//
// Ids ascend and are never used again, so neighbours live and die together: pages of 128 ids are
// found through a hash table, and given back when they are empty.
//
// Thread rule: one thread writes; any number may call find() while nobody writes. Pointers live
// until the next put or erase.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "perdure/entity.h"

namespace perdure {

template <typename Handle>
class EntityMap {
public:
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    [[nodiscard]] const Handle* find(Entity entity) const noexcept {
        const Page* const page = directory_[place(entity.id / page_ids)].page.get();
        const std::size_t at = entity.id % page_ids;
        return page != nullptr && page->used[at] ? &page->handles[at] : nullptr;
    }
    // Calls visit(at, const Handle*) for each of many, nullptr for those that are not there. Faster
    // than find() where neighbours follow one another, as those do that a commit asks for.
    template <typename Visit>
    void find_each(std::span<const Entity> entities, Visit&& visit) const {
        std::uint64_t key = ~std::uint64_t{0};  // no id's
        const Page* page = nullptr;
        for (std::size_t at = 0; at < entities.size(); ++at) {
            const std::uint64_t id = entities[at].id;
            if (id / page_ids != key) {
                key = id / page_ids;
                page = directory_[place(key)].page.get();
            }
            const bool there = page != nullptr && page->used[id % page_ids];
            visit(at, there ? &page->handles[id % page_ids] : nullptr);
        }
    }
    // Adds or replaces.
    void put(Entity entity, Handle handle) {
        const std::uint64_t key = entity.id / page_ids;
        if ((pages_ + 1) * 2 > directory_.size()) double_directory();
        Slot& slot = directory_[place(key)];
        if (slot.page == nullptr) {
            slot.key = key;
            slot.page = std::make_unique<Page>();
            ++pages_;
        }
        const std::size_t at = entity.id % page_ids;
        if (!slot.page->used[at]) ++size_;
        slot.page->used.set(at);
        slot.page->handles[at] = std::move(handle);
    }
    // False if it is not there.
    bool erase(Entity entity) {
        const std::size_t found = place(entity.id / page_ids);
        Page* const page = directory_[found].page.get();
        const std::size_t at = entity.id % page_ids;
        if (page == nullptr || !page->used[at]) return false;
        page->used.reset(at);
        page->handles[at] = Handle{};
        --size_;
        if (page->used.none()) close_gap(found);
        return true;
    }

private:
    static constexpr std::size_t page_ids = 128;

    struct Page {
        std::bitset<page_ids> used;
        Handle handles[page_ids]{};
    };
    struct Slot {
        std::uint64_t key = 0;
        std::unique_ptr<Page> page;
    };

    [[nodiscard]] std::size_t home(std::uint64_t key) const noexcept {
        return static_cast<std::size_t>((key * 0x9E37'79B9'7F4A'7C15) >> 32) &
               (directory_.size() - 1);
    }
    // Where the key's page is, or the free slot where it would be.
    [[nodiscard]] std::size_t place(std::uint64_t key) const noexcept {
        std::size_t at = home(key);
        while (directory_[at].page != nullptr && directory_[at].key != key) {
            at = (at + 1) & (directory_.size() - 1);
        }
        return at;
    }
    void double_directory() {
        std::vector<Slot> before(directory_.size() * 2);
        before.swap(directory_);
        for (Slot& slot : before) {
            if (slot.page != nullptr) directory_[place(slot.key)] = std::move(slot);
        }
    }
    // Takes an empty page out; those behind it move up, unless they are at home already.
    void close_gap(std::size_t gap) {
        const std::size_t mask = directory_.size() - 1;
        directory_[gap].page.reset();
        --pages_;
        for (std::size_t next = (gap + 1) & mask; directory_[next].page != nullptr;
             next = (next + 1) & mask) {
            const std::size_t from_home = (next - home(directory_[next].key)) & mask;
            if (from_home < ((next - gap) & mask)) continue;
            directory_[gap] = std::move(directory_[next]);
            gap = next;
        }
    }

    std::vector<Slot> directory_ = std::vector<Slot>(8);  // a power of two, at most half full
    std::size_t pages_ = 0;
    std::size_t size_ = 0;
};

}  // namespace perdure
