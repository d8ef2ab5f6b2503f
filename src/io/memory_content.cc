#include "io/memory_content.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>

#include "base/assert.h"

namespace perdure::io {

std::size_t MemoryContent::read_direct(std::uint64_t offset, MutableByteSpan into) const {
    if (!lost_) return visible_.read(offset, into);
    MemoryContent flushed = *this;  // pages are shared: this copies pointers
    flushed.sync();
    return flushed.synced_.read(offset, into);
}

void MemoryContent::write(std::uint64_t offset, ByteSpan bytes) {
    if (bytes.empty()) return;
    visible_.write(offset, bytes);
    unsynced_.push_back(
        {.offset = offset,
         .size_after = visible_.size(),
         .bytes = std::make_shared<std::vector<std::byte>>(bytes.begin(), bytes.end())});
}

void MemoryContent::resize(std::uint64_t bytes) {
    if (bytes < visible_.size()) shrunk_ = true;
    visible_.resize(bytes);
    unsynced_.push_back({.offset = 0, .size_after = bytes, .bytes = nullptr});
}

// What is visible is what was synced plus the changes, so syncing is sharing the pages that
// changed. Only when visible bytes were lost must the changes be made again.
void MemoryContent::sync() {
    if (lost_) {
        for (const Change& change : unsynced_) apply(change);
    } else if (shrunk_) {
        synced_ = visible_;
    } else {
        if (visible_.size() > synced_.size()) synced_.resize(visible_.size());
        for (const Change& change : unsynced_) {
            if (change.bytes) synced_.share(visible_, change.offset, change.bytes->size());
        }
    }
    unsynced_.clear();
    shrunk_ = false;
}

void MemoryContent::lose_unsynced() {
    if (!unsynced_.empty()) lost_ = true;
    unsynced_.clear();
    shrunk_ = false;
}

std::vector<MemoryContent::Part> MemoryContent::unsynced_parts() const {
    std::vector<Part> parts;
    const bool resized = std::any_of(unsynced_.begin(), unsynced_.end(), [&](const Change& change) {
        return change.size_after != synced_.size();
    });
    if (resized) parts.push_back({no_change, unsynced_.back().size_after, 0, 0});
    std::set<std::uint64_t> touched;  // sectors that an earlier part changes
    for (std::size_t index = 0; index < unsynced_.size(); ++index) {
        const Change& change = unsynced_[index];
        if (!change.bytes) continue;
        for (std::size_t from = 0; from < change.bytes->size();) {
            const std::uint64_t offset = change.offset + from;
            const std::size_t bytes = std::min<std::size_t>(change.bytes->size() - from,
                                                            sector_bytes - offset % sector_bytes);
            std::array<std::byte, sector_bytes> before{};
            synced_.read(offset, std::span(before).first(bytes));
            const bool changes =
                shrunk_ || touched.contains(offset / sector_bytes) ||
                !std::equal(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(bytes),
                            change.bytes->begin() + static_cast<std::ptrdiff_t>(from));
            if (changes) {
                touched.insert(offset / sector_bytes);
                parts.push_back({index, offset, from, bytes});
            }
            from += bytes;
        }
    }
    return parts;
}

void MemoryContent::crash_keeping(const std::vector<bool>& chosen) {
    const std::vector<Part> parts = unsynced_parts();
    PERDURE_ASSERT(chosen.size() == parts.size());
    const bool length_lost = !parts.empty() && parts[0].change == no_change && !chosen[0];
    const std::vector<std::uint64_t> ends = settle_length(length_lost ? 0 : unsynced_.size());
    for (std::size_t index = 0; index < parts.size(); ++index) {
        const Part& part = parts[index];
        if (part.change == no_change || !chosen[index] || part.offset >= ends[part.change])
            continue;
        const std::size_t bytes =
            std::min<std::uint64_t>(part.bytes, ends[part.change] - part.offset);
        synced_.write(part.offset,
                      ByteSpan(*unsynced_[part.change].bytes).subspan(part.from, bytes));
    }
    unsynced_.clear();
    visible_ = synced_;
    shrunk_ = false;
    lost_ = false;
}

// How long the file is afterwards is decided apart from its bytes: the first `sized` changes count.
// A write before a resize that counts cannot come back beyond that size.
std::vector<std::uint64_t> MemoryContent::settle_length(std::size_t sized) {
    const std::uint64_t size = sized == 0 ? synced_.size() : unsynced_[sized - 1].size_after;
    std::vector<std::uint64_t> ends(unsynced_.size(), size);
    std::uint64_t smallest = size;
    for (std::size_t index = sized; index-- > 0;) {
        ends[index] = smallest;
        if (!unsynced_[index].bytes) smallest = std::min(smallest, unsynced_[index].size_after);
    }
    synced_.resize(std::min(synced_.size(), smallest));
    synced_.resize(size);
    return ends;
}

void MemoryContent::crash(Random& random, const CrashPlan& plan) {
    const std::size_t count = unsynced_.size();
    if (count == 0) {
        // Nothing to decide.
    } else if (plan.order == CrashOrder::in_order) {
        crash_in_order(random, plan);
    } else if (plan.order == CrashOrder::any && plan.new_chance >= 256) {
        sync();
    } else if (plan.new_chance + plan.torn_chance + plan.garbage_chance > 0) {
        const std::vector<std::uint64_t> ends = settle_length(random.below(count + 1));
        std::vector<std::size_t> order(count);
        std::iota(order.begin(), order.end(), std::size_t{0});
        if (random.chance(1, 4)) random.shuffle(std::span(order));
        for (const std::size_t index : order) {
            if (plan.order == CrashOrder::newest_only && index + 1 != count) continue;
            crash_change(unsynced_[index], ends[index], random, plan);
        }
    }
    unsynced_.clear();
    visible_ = synced_;
    shrunk_ = false;
    lost_ = false;
}

void MemoryContent::crash_in_order(Random& random, const CrashPlan& plan) {
    const std::size_t whole = random.below(unsynced_.size() + 1);
    for (std::size_t index = 0; index < whole; ++index) apply(unsynced_[index]);
    if (whole == unsynced_.size()) return;
    const Change& torn = unsynced_[whole];
    if (!torn.bytes) return;
    if (torn.size_after > synced_.size() && random.chance(1, 2)) synced_.resize(torn.size_after);
    crash_change(torn, synced_.size(), random, plan);
}

void MemoryContent::apply(const Change& change) {
    if (change.bytes) {
        synced_.write(change.offset, *change.bytes);
    } else {
        synced_.resize(change.size_after);
    }
}

void MemoryContent::crash_change(const Change& change, std::uint64_t end, Random& random,
                                 const CrashPlan& plan) {
    if (!change.bytes || change.offset >= end) return;
    ByteSpan bytes(*change.bytes);
    bytes = bytes.first(std::min<std::uint64_t>(bytes.size(), end - change.offset));
    std::uint64_t offset = change.offset;
    while (!bytes.empty()) {
        const std::size_t part =
            std::min<std::size_t>(bytes.size(), sector_bytes - offset % sector_bytes);
        crash_sector(offset, bytes.first(part), random, plan);
        bytes = bytes.subspan(part);
        offset += part;
    }
}

// `bytes` are those of one write that lie in one sector.
void MemoryContent::crash_sector(std::uint64_t offset, ByteSpan bytes, Random& random,
                                 const CrashPlan& plan) {
    std::uint64_t fate = random.below(256);
    if (fate < plan.new_chance) return synced_.write(offset, bytes);
    fate -= plan.new_chance;
    if (fate < plan.torn_chance)
        return synced_.write(offset, bytes.first(random.below(bytes.size() + 1)));
    fate -= plan.torn_chance;
    if (fate >= plan.garbage_chance) return;
    if (plan.powersafe_overwrite) return write_garbage(offset, bytes.size(), random);
    const std::uint64_t start = offset - offset % sector_bytes;
    write_garbage(start, std::min(sector_bytes, synced_.size() - start), random);
}

void MemoryContent::write_garbage(std::uint64_t offset, std::uint64_t bytes, Random& random) {
    std::array<std::byte, sector_bytes> buffer;
    const MutableByteSpan garbage = std::span(buffer).first(bytes);
    switch (random.below(8)) {
        case 0: std::fill(garbage.begin(), garbage.end(), std::byte{0x00}); break;
        case 1: std::fill(garbage.begin(), garbage.end(), std::byte{0xff}); break;
        case 2:
        case 3: {  // a sector of another write, in the wrong place
            random.fill(garbage);
            const Change& other = unsynced_[random.below(unsynced_.size())];
            if (!other.bytes) break;
            const std::size_t from =
                random.below((other.bytes->size() + sector_bytes - 1) / sector_bytes) *
                sector_bytes;
            const std::size_t part = std::min<std::size_t>(bytes, other.bytes->size() - from);
            std::copy_n(other.bytes->begin() + static_cast<std::ptrdiff_t>(from), part,
                        garbage.begin());
            break;
        }
        default: random.fill(garbage); break;
    }
    synced_.write(offset, garbage);
}

void MemoryContent::damage(std::uint64_t offset, ByteSpan bytes) {
    PERDURE_ASSERT(offset + bytes.size() <= synced_.size());
    synced_.write(offset, bytes);
    if (offset >= visible_.size()) return;
    visible_.write(offset,
                   bytes.first(std::min<std::uint64_t>(bytes.size(), visible_.size() - offset)));
}

void MemoryContent::truncate_at_rest(std::uint64_t bytes) {
    PERDURE_ASSERT(bytes <= synced_.size());
    PERDURE_ASSERT(unsynced_.empty());  // or it would not be at rest
    synced_.resize(bytes);
    visible_.resize(bytes);
}

}  // namespace perdure::io
