// MemoryContent: the bytes of one file of a MemoryFileSystem: as its users see them, as they would
// be read from the disk after a crash that lost everything, and the writes between the two.
//
// Thread rule: a value; one thread at a time.
#pragma once

#include <memory>
#include <vector>

#include "base/random.h"
#include "io/crash_plan.h"
#include "io/paged_bytes.h"

namespace perdure::io {

class MemoryContent {
public:
    [[nodiscard]] const PagedBytes& visible() const noexcept { return visible_; }
    [[nodiscard]] const PagedBytes& synced() const noexcept { return synced_; }

    // Nothing is unsynced, and users see what the disk has.
    [[nodiscard]] bool at_rest() const noexcept { return unsynced_.empty() && !lost_; }

    // As O_DIRECT: what the disk has, after the writes that are on their way.
    std::size_t read_direct(std::uint64_t offset, MutableByteSpan into) const;
    void write(std::uint64_t offset, ByteSpan bytes);
    void resize(std::uint64_t bytes);
    void sync();

    // What a failed fdatasync does on ext4 and XFS: users still see the unsynced writes, no later
    // sync will write them, and a crash loses them.
    void lose_unsynced();

    void crash(Random& random, const CrashPlan& plan);

    // What a crash may keep or lose, one by one: how long the file is, if that is unsynced, and
    // each sector of each write that changes anything there. Of a sector that is written twice the
    // later one lies over the earlier one.
    struct Part {
        std::size_t change;    // index of the unsynced write; of the length, no_change
        std::uint64_t offset;  // of the length: the length itself
        std::size_t from;      // where the bytes begin in the write
        std::size_t bytes;
    };
    static constexpr std::size_t no_change = ~std::size_t{0};
    [[nodiscard]] std::vector<Part> unsynced_parts() const;
    // A crash that keeps just these. Sectors beyond a length that was not kept are gone.
    void crash_keeping(const std::vector<bool>& chosen);

    // Changes bytes that were synced, as if the disk had.
    void damage(std::uint64_t offset, ByteSpan bytes);
    void truncate_at_rest(std::uint64_t bytes);

private:
    // Kept in the order in which they came. A resize has no bytes.
    struct Change {
        std::uint64_t offset;
        std::uint64_t size_after;
        std::shared_ptr<const std::vector<std::byte>> bytes;
    };

    // Sets the length to what it was after the first `sized` changes; returns how far each counts.
    std::vector<std::uint64_t> settle_length(std::size_t sized);
    void crash_in_order(Random& random, const CrashPlan& plan);
    void apply(const Change& change);
    void crash_change(const Change& change, std::uint64_t end, Random& random,
                      const CrashPlan& plan);
    void crash_sector(std::uint64_t offset, ByteSpan bytes, Random& random, const CrashPlan& plan);
    void write_garbage(std::uint64_t offset, std::uint64_t bytes, Random& random);

    PagedBytes visible_;
    PagedBytes synced_;
    std::vector<Change> unsynced_;
    bool shrunk_ = false;  // some unsynced resize made the file smaller
    bool lost_ = false;    // visible_ has bytes that are neither in synced_ nor in unsynced_
};

}  // namespace perdure::io
