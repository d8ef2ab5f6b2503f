#include "simulation/damage.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "io/crash_plan.h"

namespace perdure::simulation {
namespace {

constexpr int tries_max = 8;  // to find something that is there to be damaged

// All files of the world but the lock's, which is for people.
std::vector<std::string> files_of_world(io::MemoryFileSystem& disk) {
    std::vector<std::string> paths;
    for (const char* const directory : {"world", "world/journal", "world/quarantine"}) {
        const auto names = disk.list(directory);
        if (!names.ok()) continue;
        for (const std::string& name : *names) {
            const std::string path = io::join_path(directory, name);
            if (name == "lock" || disk.list(path).ok()) continue;
            paths.push_back(path);
        }
    }
    return paths;
}

bool is_there(io::MemoryFileSystem& disk, const FlushedWrites::Write& write) {
    const auto there = disk.exists(write.path);
    if (!there.ok() || !*there) return false;
    const std::vector<std::byte> rest = disk.read_at_rest(write.path);
    return write.offset + write.after.size() <= rest.size() &&
           std::equal(write.after.begin(), write.after.end(),
                      rest.begin() + static_cast<std::ptrdiff_t>(write.offset));
}

}  // namespace

std::string_view damage_name(DamageKind kind) noexcept {
    switch (kind) {
        case DamageKind::flipped_bits: return "flipped bits";
        case DamageKind::lost_write: return "a lost write";
        case DamageKind::misplaced_write: return "a misplaced write";
        case DamageKind::duplicated_write: break;
    }
    return "a duplicated write";
}

std::optional<Damage> Damage::draw(Random& random, io::MemoryFileSystem& disk,
                                   const FlushedWrites& flushed) {
    Damage damage;
    damage.kind_ = static_cast<DamageKind>(random.below(damage_kinds));
    if (damage.kind_ == DamageKind::flipped_bits) {
        if (damage.flip_bits(random, disk)) return damage;
        return std::nullopt;
    }
    if (flushed.last().empty()) return std::nullopt;
    // The very last one is what a journal has the least to say about.
    const std::size_t back = random.chance(1, 2) ? 0 : random.below(flushed.last().size());
    const std::size_t which = flushed.last().size() - 1 - back;
    const FlushedWrites::Write& write = *flushed.last()[which];
    if (!is_there(disk, write)) return std::nullopt;
    const bool done = damage.kind_ == DamageKind::lost_write
                          ? damage.lose(random, write)
                          : damage.misplace(random, disk, flushed, which);
    if (done) return damage;
    return std::nullopt;
}

// Mostly where something is: files of ours are zeros to a great part.
bool Damage::flip_bits(Random& random, io::MemoryFileSystem& disk) {
    const std::vector<std::string> paths = files_of_world(disk);
    if (paths.empty()) return false;
    for (int attempt = 0; attempt < tries_max; ++attempt) {
        const std::string& path = paths[random.below(paths.size())];
        const std::vector<std::byte> rest = disk.read_at_rest(path);
        if (rest.empty()) continue;
        const std::uint64_t sector =
            random.below(rest.size()) / io::sector_bytes * io::sector_bytes;
        const std::uint64_t end = std::min<std::uint64_t>(rest.size(), sector + io::sector_bytes);
        Patch patch{path, sector, {}};
        patch.bytes.assign(rest.begin() + static_cast<std::ptrdiff_t>(sector),
                           rest.begin() + static_cast<std::ptrdiff_t>(end));
        const bool zeros = std::all_of(patch.bytes.begin(), patch.bytes.end(),
                                       [](std::byte byte) { return byte == std::byte{0}; });
        if (zeros && attempt + 1 < tries_max) continue;
        for (std::uint64_t bits = random.range<std::uint64_t>(1, 3); bits > 0; --bits) {
            patch.bytes[random.below(patch.bytes.size())] ^= std::byte{1} << random.below(8);
        }
        patches_.push_back(std::move(patch));
        return true;
    }
    return false;
}

bool Damage::lose(Random& random, const FlushedWrites::Write& write) {
    Patch patch{write.path, write.offset, write.before};
    if (random.chance(1, 2)) {  // some sectors only
        for (std::size_t at = 0; at < patch.bytes.size(); at += io::sector_bytes) {
            if (random.chance(1, 2)) continue;
            const std::size_t end =
                std::min<std::size_t>(patch.bytes.size(), at + io::sector_bytes);
            std::copy(write.after.begin() + static_cast<std::ptrdiff_t>(at),
                      write.after.begin() + static_cast<std::ptrdiff_t>(end),
                      patch.bytes.begin() + static_cast<std::ptrdiff_t>(at));
        }
    }
    if (patch.bytes == write.after) return false;
    patches_.push_back(std::move(patch));
    return true;
}

// To a neighbour, some blocks before or behind, or to the same offset of another file.
bool Damage::misplace(Random& random, io::MemoryFileSystem& disk, const FlushedWrites& flushed,
                      std::size_t which) {
    const FlushedWrites::Write& write = *flushed.last()[which];
    Patch landed{write.path, write.offset, write.after};
    if (random.chance(1, 2)) {
        const std::uint64_t distance = random.range<std::uint64_t>(1, 4) * io::block_bytes;
        const bool back = random.chance(1, 2);
        if (back && write.offset < distance) return false;
        landed.offset = back ? write.offset - distance : write.offset + distance;
    } else {
        const std::vector<std::string> paths = files_of_world(disk);
        landed.path = paths[random.below(paths.size())];
        if (landed.path == write.path) return false;
    }
    const std::size_t size = disk.read_at_rest(landed.path).size();
    if (landed.offset + landed.bytes.size() > size) return false;
    // What was written later went over it.
    for (std::size_t later = which + 1; later < flushed.last().size(); ++later) {
        const FlushedWrites::Write& over = *flushed.last()[later];
        const bool overlaps = over.path == landed.path &&
                              over.offset < landed.offset + landed.bytes.size() &&
                              landed.offset < over.offset + over.after.size();
        if (overlaps) return false;
    }
    if (kind_ == DamageKind::misplaced_write) {
        patches_.push_back({write.path, write.offset, write.before});
    }
    patches_.push_back(std::move(landed));
    return true;
}

void Damage::apply(io::MemoryFileSystem& disk) const {
    for (const Patch& patch : patches_) disk.write_at_rest(patch.path, patch.offset, patch.bytes);
}

bool Damage::touches(std::string_view path, std::uint64_t offset, std::uint64_t bytes) const {
    return std::any_of(patches_.begin(), patches_.end(), [&](const Patch& patch) {
        return patch.path == path && patch.offset < offset + bytes &&
               offset < patch.offset + patch.bytes.size();
    });
}

std::string Damage::describe() const {
    std::string all(damage_name(kind_));
    for (const Patch& patch : patches_) {
        all += text::format("; {} at {}, {} bytes", patch.path, patch.offset, patch.bytes.size());
    }
    return all;
}

}  // namespace perdure::simulation
