// GroupScanner: walks the groups of one file, each checked against the one before it (J-5 to J-8).
//
// Thread rule: one thread at a time. Lifetime: the reader must outlive it; a group's bytes are
// valid until the next call.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "journal/file_reader.h"
#include "journal/format.h"

namespace perdure::journal {

struct ScannedGroup {
    GroupHeader header;
    ByteSpan bytes;  // header, frames and padding
    Hash128 chain;   // behind it
};

class GroupScanner {
public:
    // Groups end at `cut`, which the next file's header names, or in the newest file with the file.
    GroupScanner(FileReader& reader, const FileHeader& header, std::optional<std::uint64_t> cut);

    // The next group, or nullopt at the cut, at the end of the file, and where no valid group
    // follows.
    Result<std::optional<ScannedGroup>> next();

    // Where the next group would begin, and what it would be.
    [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
    [[nodiscard]] std::uint64_t next_group() const noexcept { return next_group_; }
    [[nodiscard]] Lsn last() const noexcept { return last_; }
    [[nodiscard]] const Hash128& chain() const noexcept { return chain_; }
    [[nodiscard]] std::uint64_t limit() const noexcept { return limit_; }

    // After next() gave nothing: a group header that is valid by itself, if one is there, and in
    // words why it is no group of ours.
    [[nodiscard]] const std::optional<GroupHeader>& stopped_at() const noexcept {
        return stopped_at_;
    }
    [[nodiscard]] const std::string& why() const noexcept { return why_; }
    // Whether that header is of the very group that must come here.
    [[nodiscard]] bool is_next(const GroupHeader& header) const noexcept;

private:
    std::optional<ScannedGroup> stop(std::string why);

    FileReader& reader_;
    const FileHeader header_;
    const std::uint64_t limit_;
    std::uint64_t offset_;
    std::uint64_t next_group_;
    Lsn last_;
    Hash128 chain_;
    std::optional<GroupHeader> stopped_at_;
    std::string why_;
};

}  // namespace perdure::journal
