#include "journal/group_scanner.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "journal/group.h"

namespace perdure::journal {

GroupScanner::GroupScanner(FileReader& reader, const FileHeader& header,
                           std::optional<std::uint64_t> cut)
    : reader_(reader),
      header_(header),
      limit_(std::min(cut.value_or(header.file_bytes), reader.file_bytes())),
      offset_(header.groups_offset()),
      next_group_(header.first_group),
      last_(header.first_lsn - 1),
      chain_(header.chain) {
    PERDURE_ASSERT(header.first_lsn != 0);  // the caller has judged the header
    PERDURE_ASSERT(header.first_group != 0);
}

std::optional<ScannedGroup> GroupScanner::stop(std::string why) {
    why_ = std::move(why);
    return std::nullopt;
}

bool GroupScanner::is_next(const GroupHeader& header) const noexcept {
    return header.world_tag == world_tag(header_.world) && header.epoch == header_.epoch &&
           header.file == header_.sequence && header.offset == offset_ &&
           header.group == next_group_ && header.first_lsn == last_ + 1 &&
           (header.chain_before == chain_ || seeded_bug("journal: the chain is ignored"));
}

Result<std::optional<ScannedGroup>> GroupScanner::next() {
    stopped_at_.reset();
    if (offset_ >= limit_) return stop("the end");
    if (seeded_bug("journal: a file's last block is never read") && limit_ - offset_ == block_bytes)
        return stop("the end");
    PERDURE_TAKE(const ByteSpan block, reader_.read(offset_, block_bytes));
    if (block.size() < block_bytes) return stop("the end of the file, within a block");
    stopped_at_ = read_group_header(block.data());
    if (!stopped_at_) return stop(is_zero(block) ? "zeros" : "no valid group header");
    const GroupHeader header = *stopped_at_;
    if (!is_next(header)) {
        return stop(text::format(
            "group {} of epoch {}, written at offset {} of file {:016x}, which does not "
            "continue group {}",
            header.group, header.epoch, header.offset, header.file, next_group_ - 1));
    }
    if (header.group_bytes() > limit_ - offset_) {
        return stop(text::format("group {} claims {} bytes, and {} are left", header.group,
                                 header.group_bytes(), limit_ - offset_));
    }
    PERDURE_TAKE(const ByteSpan bytes, reader_.read(offset_, header.group_bytes()));
    if (bytes.size() < header.group_bytes() || !payload_holds(header, bytes)) {
        return stop(text::format("group {} does not match its checksum", header.group));
    }
    offset_ += bytes.size();
    ++next_group_;
    last_ += header.frames;
    chain_ = chain_after(header);
    PERDURE_ASSERT(offset_ <= limit_);
    PERDURE_ASSERT(offset_ % block_bytes == 0);
    PERDURE_ASSERT(last_ == header.last_lsn());
    stopped_at_.reset();
    return std::optional(ScannedGroup{header, bytes, chain_});
}

}  // namespace perdure::journal
