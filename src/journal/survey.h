// Survey: which files a journal has, what their headers say, and whether they connect (rules J-1 to
// J-4). Groups are not looked at.
//
// Thread rule: one thread, with nobody writing (beside a writer: see inspect.h). Changes nothing on
// disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "io/file_system.h"
#include "journal/ending.h"
#include "journal/format.h"
#include "perdure/value.h"

namespace perdure::journal {

struct FileFound {
    enum class State : std::uint8_t {
        used,      // header and definitions are valid
        prepared,  // header blocks are zero
        headless,  // neither: its first write was never flushed, or it is damaged
        newer,     // of a format we do not know
    };
    std::uint64_t sequence = 0;  // by its name
    std::string path;
    std::uint64_t bytes = 0;
    State state = State::headless;
    bool cut_short = false;   // smaller than its own header blocks, or than its header says
    bool unreadable = false;  // read errors in header or definitions
    FileHeader header;        // if used or newer
    Lsn attested = 0;    // the durable LSN of its header, if that is valid, whatever is behind it
    std::string remark;  // empty if there is nothing to say

    // The last LSN before this file.
    [[nodiscard]] Lsn before() const noexcept { return header.first_lsn - 1; }
};

struct Survey {
    std::vector<FileFound> files;  // by sequence number
    std::vector<std::size_t>
        used;  // indexes into files; each is the successor of the one before it
    std::vector<std::string> spares;  // names
    std::uint64_t epoch = 0;          // the highest seen
    Lsn attested = 0;  // the highest durable LSN in a valid header, also of a file that is not used
    std::uint64_t next_file = 1;  // beyond every file that may have been written to
    // What the headers alone say about the state of the journal; `trouble` says which file and why.
    Predicates predicates;
    std::string trouble;
    std::vector<std::string> remarks;
    bool write_refused = false;  // an ro_compat feature that we do not know

    [[nodiscard]] const FileFound& used_file(std::size_t index) const { return files[used[index]]; }
};

// Whether `file` goes on where `before` ends, as far as their headers tell (J-4).
enum class Link : std::uint8_t { whole, other_file, cut_short, out_of_order };
[[nodiscard]] Link link_between(const FileFound& before, const FileFound& file) noexcept;

// A directory that does not exist has no files. Without `world`, files of any world are taken.
Result<Survey> survey(io::FileSystem& files, const std::string& directory,
                      const std::optional<Uuid>& world);

}  // namespace perdure::journal
