#include "journal/tail_search.h"

#include <algorithm>

#include "base/assert.h"
#include "base/error.h"
#include "journal/group.h"

namespace perdure::journal {
namespace {

// One group may be unflushed, and a torn write can leave its header in any block that was being
// written. So the next group counts only where it says it belongs, and there only if it is not the
// very one that was begun (J-12).
bool is_later(std::uint64_t offset, const GroupHeader& header, const TailQuery& query) {
    if (header.world_tag != query.world_tag || header.epoch < query.epoch) return false;
    if (header.group > query.last_group + 1) return true;
    const bool at_home = header.file == query.file && header.offset == offset;
    return header.group == query.last_group + 1 && at_home &&
           (query.end == nullptr || !query.end->is_next(header));
}

void look_at(const FileReader& reader, std::uint64_t offset, const GroupHeader& header,
             const TailQuery& query, TailFound& found) {
    if (!is_later(offset, header, query)) return;
    found.durable = std::max(found.durable, header.durable_lsn);
    if (found.later) return;
    found.later = true;
    found.later_lsn = header.first_lsn;
    found.where =
        text::format("{} at offset {} holds group {}", reader.path(), offset, header.group);
}

}  // namespace

void TailFound::add(const TailFound& other) {
    if (!later && other.later) {
        later = true;
        where = other.where;
        later_lsn = other.later_lsn;
    }
    durable = std::max(durable, other.durable);
    unreadable |= other.unreadable;
}

Result<TailFound> search_tail(FileReader& reader, std::uint64_t from, std::uint64_t to,
                              const TailQuery& query) {
    PERDURE_ASSERT(from % block_bytes == 0);
    TailFound found;
    to = std::min(to, reader.file_bytes());
    for (std::uint64_t offset = from; offset < to;) {
        const std::uint64_t wanted = std::min(FileReader::scan_bytes, to - offset);
        PERDURE_TAKE(const ByteSpan piece, reader.read(offset, wanted));
        PERDURE_ASSERT(piece.size() == wanted);  // else something would be passed over
        for (std::size_t at = 0; at < piece.size(); at += block_bytes) {
            const ByteSpan block =
                piece.subspan(at, std::min<std::size_t>(block_bytes, piece.size() - at));
            if (is_zero(block)) continue;
            if (reader.unreadable(offset + at, block.size())) {  // its bytes say nothing
                found.unreadable = true;
                continue;
            }
            found.nonzero_end = offset + at + block.size();
            if (block.size() < group_header_bytes) continue;
            if (const auto header = read_group_header(block.data())) {
                look_at(reader, offset + at, *header, query, found);
            }
        }
        offset += piece.size();
    }
    PERDURE_ASSERT(found.nonzero_end <= to);
    return found;
}

}  // namespace perdure::journal
