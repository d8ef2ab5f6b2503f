// verify: judges a world at rest: identity, perdure.toml, every byte of the journal and of the
// store, and whether they belong together; says what state they make, and of what is damaged what
// it touches and what can be done. docs/operating/damage.md is the same for people.
//
// It takes the world's lock for as long as it runs, works on a private copy of the store, and
// changes nothing. It judges as an opening does, by the same code.
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
#include "jobs/touched.h"
#include "model/change_set.h"
#include "perdure/value.h"

namespace perdure::jobs {

// One thing that is wrong: where, what it means, what it touches, what can be done.
struct Damage {
    Code code = Code::corrupt;
    std::string what;
    std::string path = {};  // the file or directory
    std::optional<std::uint64_t> offset = std::nullopt;
    Lsn first_lsn = 0;  // of the change sets that it touches; 0: none, or not known
    Lsn last_lsn = 0;
    std::vector<TouchedTable> tables = {};
    std::uint64_t entities = 0;
    std::vector<std::uint64_t> first_entities = {};
    std::vector<std::string> remedies = {};  // names, the best one first; empty: none of ours
};

// A step that `perdure repair` can do. It moves things aside and never deletes.
struct Remedy {
    std::string name;   // "cut-journal"
    std::string does;   // in words
    std::string loses;  // in words; empty: nothing
    // What was acknowledged would be lost, as far as anybody can tell: wants to be confirmed.
    [[nodiscard]] bool needs_yes() const noexcept { return !loses.empty(); }
};

struct Verdict {
    std::vector<Damage> damage;        // empty: the world is whole
    std::vector<Remedy> remedies;      // for what is damaged; each may be done on its own
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
    [[nodiscard]] const Remedy* find_remedy(std::string_view name) const;
};

// An error only if it cannot be judged: `not_found` (no world), `locked` (somebody has it),
// `unsupported` (a newer format), `io`, `no_space`; the last three are findings beside damage that
// is certain. Nothing names the copies. `scratch`: an empty directory of the same disk for copies;
// the caller removes it.
Result<Verdict> verify(io::FileSystem& files, const io::Clock& clock, const std::string& directory,
                       const std::string& scratch);

}  // namespace perdure::jobs
