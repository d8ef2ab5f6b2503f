// IdIndex: from entity ids to 32-bit numbers, whether the ids lie close together or far apart.
//
// Ids are never used again, so a world that has lived long has few left of any stretch of them.
// Pages of 128 neighbouring ids are found through a hash table and freed when empty: 4 bytes an id
// where ids are dense, half a KiB an id at the very worst. The table of pages is a thirtieth of the
// pages, so that its doubling moves little.
//
// Thread rule: one thread writes; any number may call find() while nobody writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace perdure::entities {

class IdIndex {
public:
    static constexpr std::uint32_t none = 0xFFFF'FFFF;

    IdIndex();
    IdIndex(const IdIndex&) = delete;
    IdIndex& operator=(const IdIndex&) = delete;

    // The number of an id, or none. Any 64 bits may be asked for.
    [[nodiscard]] std::uint32_t find(std::uint64_t id) const noexcept {
        const std::uint64_t key = id >> page_bits;
        for (std::size_t at = home(key);; at = (at + 1) & mask_) {
            const Entry& entry = directory_[at];
            if (entry.key == key) return entry.page->numbers[id & page_mask];
            if (entry.page == nullptr) return none;
        }
    }
    // Finds many, one after the other: neighbours at half the price. While nobody writes.
    class Finder;

    // Gives the id a number other than none. Returns what it had.
    std::uint32_t put(std::uint64_t id, std::uint32_t number);
    void clear(std::uint64_t id);

private:
    static constexpr unsigned page_bits = 7;
    static constexpr std::uint64_t page_mask = (std::uint64_t{1} << page_bits) - 1;
    static constexpr std::size_t slab_pages = 64;               // 33 KiB at a time
    static constexpr std::uint64_t no_key = ~std::uint64_t{0};  // no id has it: ids have 64 bits

    struct Page {
        std::uint32_t numbers[std::size_t{1} << page_bits];
        std::uint32_t used;  // numbers that are not none
    };
    struct Entry {
        std::uint64_t key = no_key;
        Page* page = nullptr;
    };

    // Fibonacci hashing: neighbours spread evenly, and so do keys a power of two apart, which is
    // how far apart the first ids of one life of the world after the other lie.
    [[nodiscard]] std::size_t home(std::uint64_t key) const noexcept {
        return static_cast<std::size_t>((key * 0x9E37'79B9'7F4A'7C15) >> shift_);
    }
    // Where the key is, or the free place where it would be.
    [[nodiscard]] std::size_t place(std::uint64_t key) const noexcept;
    Page* take_page();
    void double_directory();
    void erase_entry(std::size_t at) noexcept;

    std::vector<Entry> directory_;  // a power of two, at most half full
    std::size_t mask_ = 0;
    unsigned shift_ = 0;
    std::size_t pages_ = 0;
    std::vector<std::unique_ptr<Page[]>> slabs_;
    std::vector<Page*> free_pages_;
};

class IdIndex::Finder {
public:
    explicit Finder(const IdIndex& index) : index_(index) {}
    [[nodiscard]] std::uint32_t find(std::uint64_t id) noexcept {
        const std::uint64_t key = id >> page_bits;
        if (key != key_) {
            key_ = key;
            page_ = index_.directory_[index_.place(key)].page;
        }
        return page_ == nullptr ? none : page_->numbers[id & page_mask];
    }

private:
    const IdIndex& index_;
    std::uint64_t key_ = no_key;
    const Page* page_ = nullptr;
};

}  // namespace perdure::entities
