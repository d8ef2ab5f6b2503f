// SpoiltStore: the SQLite file of a small world, closed cleanly, with one bit flipped or cut short.
//
// Every bit is judged by its page's checksum, which is what verify and every read go by. That says
// nothing where the checksums themselves are looked for: so page 1 and the pages of the catalog are
// opened for real, by the store on the simulated disk, and read whole; and so is a share of the
// others. What opens must hold just what was written: harmless are bits of pages that hold nothing.
//
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/checksum.h"
#include "perdure/table.h"
#include "simulation/machine.h"

namespace perdure::exhaustion {

class SpoiltStore {
public:
    SpoiltStore();

    [[nodiscard]] std::uint64_t flips() const noexcept { return image_.size() * 8; }
    [[nodiscard]] std::uint64_t truncations() const noexcept { return image_.size(); }
    [[nodiscard]] std::uint64_t pages() const noexcept;
    // The checksum of its page notices it.
    [[nodiscard]] Status judge_checksum(std::uint64_t number);
    // Opened and read: refused, or what it was. `corrupt` if neither.
    [[nodiscard]] Status judge_flip(std::uint64_t number);
    [[nodiscard]] Status judge_truncation(std::uint64_t number);
    // Every bit and every length of a definition as the catalog holds it: refused, or the very
    // bytes of another one.
    [[nodiscard]] Status judge_definitions(std::uint64_t& tried) const;

    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }
    // Pages in which a flipped bit was read by nobody.
    [[nodiscard]] std::uint64_t harmless() const noexcept { return harmless_; }

private:
    // A digest of everything: watermarks, definitions, rows.
    Result<Hash128> read(io::MemoryFileSystem& disk);
    Status judge(io::MemoryFileSystem& disk);

    simulation::Machine machine_;
    std::string path_ = "world/store.sqlite";
    Uuid world_;
    std::vector<std::byte> image_;
    std::vector<TableDefinition> definitions_;
    Hash128 content_;
    std::uint64_t refused_ = 0;
    std::uint64_t harmless_ = 0;
};

}  // namespace perdure::exhaustion
