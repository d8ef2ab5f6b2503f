#include "journal/file_reader.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/error.h"

namespace perdure::journal {
namespace {

constexpr std::byte unreadable_fill{0xdb};  // neither zero nor the beginning of anything of ours

}  // namespace

Result<FileReader> FileReader::open(io::FileSystem& files, std::string path,
                                    std::uint64_t chunk_bytes) {
    PERDURE_TAKE(std::unique_ptr<io::File> file, files.open(path, {.direct = true}));
    PERDURE_TAKE(const std::uint64_t bytes, file->size());
    return FileReader(std::move(path), std::move(file), bytes, chunk_bytes);
}

FileReader::FileReader(std::string path, std::unique_ptr<io::File> file, std::uint64_t file_bytes,
                       std::uint64_t chunk_bytes)
    : path_(std::move(path)),
      file_(std::move(file)),
      file_bytes_(file_bytes),
      chunk_bytes_(chunk_bytes) {
    PERDURE_ASSERT(chunk_bytes_ % block_bytes == 0);  // else a block would be read in two pieces
}

Result<ByteSpan> FileReader::read(std::uint64_t offset, std::uint64_t bytes) {
    PERDURE_ASSERT(offset % block_bytes == 0);
    if (offset >= file_bytes_) return ByteSpan{};
    const std::uint64_t end = offset + std::min(bytes, file_bytes_ - offset);
    const std::uint64_t window_end = window_offset_ + window_bytes_;
    if (offset < window_offset_ || end > window_end) {
        // What is there already is moved to the front, so that no byte is read twice.
        const bool overlaps = offset >= window_offset_ && offset < window_end;
        const std::uint64_t kept = overlaps ? window_end - offset : 0;
        const std::uint64_t wanted = std::min(
            std::max(round_up(end - offset, block_bytes), chunk_bytes_), file_bytes_ - offset);
        PERDURE_ASSERT(kept < wanted);
        PERDURE_ASSERT(kept % block_bytes == 0);
        if (kept != 0)
            std::memmove(window_.data(), window_.data() + (offset - window_offset_), kept);
        window_bytes_ = 0;  // should reading fail
        window_.reserve(wanted, kept);
        PERDURE_ASSERT(window_.size() >= wanted);
        PERDURE_TRY(fill(offset + kept, {window_.data() + kept, wanted - kept}));
        window_offset_ = offset;
        window_bytes_ = wanted;
    }
    PERDURE_ASSERT(offset >= window_offset_);
    PERDURE_ASSERT(end <= window_offset_ + window_bytes_);
    return ByteSpan(window_.data() + (offset - window_offset_), end - offset);
}

Status FileReader::fill(std::uint64_t offset, MutableByteSpan into) {
    const auto got = file_->read_at(offset, into);
    if (got && *got == into.size()) {
        bytes_read_ += into.size();
        return {};
    }
    if (got) {
        return error(Code::io, "{} ended at offset {} while it was read; somebody else changes it",
                     path_, offset + *got);
    }
    if (got.status().code() != Code::io) return got.status();
    while (!into.empty()) {
        const MutableByteSpan block = into.first(std::min<std::size_t>(into.size(), block_bytes));
        PERDURE_TRY(fill_block(offset, block));
        offset += block.size();
        into = into.subspan(block.size());
    }
    return {};
}

Status FileReader::fill_block(std::uint64_t offset, MutableByteSpan into) {
    PERDURE_ASSERT(offset % block_bytes == 0);  // unreadable() finds it by that
    PERDURE_ASSERT(into.size() <= block_bytes);
    constexpr int tries = 2;  // a latent error sometimes yields to a second look
    Status last;
    for (int attempt = 0; attempt < tries; ++attempt) {
        const auto got = file_->read_at(offset, into);
        if (got && *got == into.size()) {
            bytes_read_ += into.size();
            return {};
        }
        last = got ? error(Code::io, "{} ended at offset {}", path_, offset + *got) : got.status();
    }
    unreadable_.insert(offset);
    if (unreadable_.size() > unreadable_blocks_max) return last;
    std::fill(into.begin(), into.end(), unreadable_fill);
    return {};
}

bool FileReader::unreadable(std::uint64_t offset, std::uint64_t bytes) const {
    const auto at = unreadable_.lower_bound(offset / block_bytes * block_bytes);
    return at != unreadable_.end() && *at < offset + bytes;
}

}  // namespace perdure::journal
