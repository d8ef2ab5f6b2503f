// Damage: what a disk does to bytes of which it said that they are flushed: bits that flip at rest,
// a write that never reached its place, that landed in another one, or that came twice.
//
//     auto damage = Damage::draw(random, disk, flushed);      // of a disk at rest, after a crash
//     if (damage) damage->apply(disk);
//
// One damage is one event: of two that work together (both copies of a header, a group and the one
// that attests it) no format of ours can tell.
//
// Thread rule: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "io/memory_file_system.h"
#include "simulation/flushed_writes.h"

namespace perdure::simulation {

enum class DamageKind : std::uint8_t {
    flipped_bits,      // one to three bits of one sector
    lost_write,        // all of a write or some sectors of it: what was there before is there
    misplaced_write,   // is at another offset, or in another file; its own place is as before
    duplicated_write,  // is there, and at such another place as well
};
inline constexpr std::size_t damage_kinds = 4;
[[nodiscard]] std::string_view damage_name(DamageKind kind) noexcept;

class Damage {
public:
    // Nothing if what was drawn does not fit this disk. Everything on the disk is flushed.
    static std::optional<Damage> draw(Random& random, io::MemoryFileSystem& disk,
                                      const FlushedWrites& flushed);

    void apply(io::MemoryFileSystem& disk) const;
    [[nodiscard]] DamageKind kind() const noexcept { return kind_; }
    [[nodiscard]] bool touches(std::string_view path, std::uint64_t offset,
                               std::uint64_t bytes) const;
    [[nodiscard]] std::string describe() const;

private:
    struct Patch {
        std::string path;
        std::uint64_t offset = 0;
        std::vector<std::byte> bytes;
    };

    bool flip_bits(Random& random, io::MemoryFileSystem& disk);
    bool lose(Random& random, const FlushedWrites::Write& write);
    bool misplace(Random& random, io::MemoryFileSystem& disk, const FlushedWrites& flushed,
                  std::size_t which);

    DamageKind kind_ = DamageKind::flipped_bits;
    std::vector<Patch> patches_;
};

}  // namespace perdure::simulation
