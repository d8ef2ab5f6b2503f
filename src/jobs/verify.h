// verify: judges a world at rest: identity, every byte of the journal and of the store, and whether
// they belong together; and says what state they make.
//
// It takes the world's lock for as long as it runs, works on a private copy of the store, and
// changes nothing.
//
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/checksum.h"
#include "io/clock.h"
#include "io/file_system.h"
#include "model/change_set.h"
#include "perdure/value.h"

namespace perdure::jobs {

// One thing that is wrong: where, what it means, what to do.
struct Damage {
    Code code = Code::corrupt;
    std::string what;
};

struct Verdict {
    std::vector<Damage> damage;        // empty: the world is whole
    std::vector<std::string> remarks;  // unusual, and harmless
    Uuid world;
    Watermark stored;  // how far the store is
    Lsn last = 0;      // the newest change set in the journal
    std::optional<std::uint64_t> tick;
    std::uint64_t journal_bytes = 0;  // judged
    std::uint64_t store_bytes = 0;    // judged
    std::uint64_t rows = 0;           // in the digest
    std::optional<Hash128>
        digest;  // of store and undrained journal; none if they cannot be put together

    [[nodiscard]] bool whole() const noexcept { return damage.empty(); }
};

// An error only if it cannot be judged: `not_found` (no world), `locked` (somebody has it),
// `unsupported` (a newer format), `io`, `no_space`; the last three are findings beside damage that
// is certain. Nothing names the copies. `scratch`: an empty directory of the real disk for copies;
// the caller removes it.
Result<Verdict> verify(io::FileSystem& files, const io::Clock& clock, const std::string& directory,
                       const std::string& scratch);

}  // namespace perdure::jobs
