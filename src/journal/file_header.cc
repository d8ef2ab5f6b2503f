#include "journal/file_header.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "base/assert.h"
#include "base/text.h"
#include "journal/group.h"

namespace perdure::journal {
namespace {

// A header whose frame is right: what every version promises (J-1).
std::optional<FileHeader> read_copy(ByteSpan block) noexcept {
    const auto header = load_le<FileHeader>(block.data());
    if (header.magic != file_magic || header.endian != endian_mark) return std::nullopt;
    if (header.header_bytes != block_bytes) return std::nullopt;
    const auto checksum = load_le<std::uint64_t>(block.data() + file_checksum_offset);
    if (checksum != checksum64(block.first(file_checksum_offset))) return std::nullopt;
    return header;
}

bool is_newer(const FileHeader& header) noexcept {
    return header.major > format_major || (header.incompat & ~incompat_known) != 0;
}

// Numbers count from 1, and one more must follow: the next owner, file, group.
bool is_counted(std::uint64_t number) noexcept {
    return number != 0 && number != std::numeric_limits<std::uint64_t>::max();
}

// What version 1 promises beyond that.
bool is_plausible(const FileHeader& header) noexcept {
    return header.major == format_major && is_counted(header.sequence) &&
           is_counted(header.epoch) && is_counted(header.first_lsn) &&
           is_counted(header.first_group) && header.durable_lsn < header.first_lsn &&
           header.previous_file < header.sequence && header.previous_bytes % block_bytes == 0 &&
           (header.previous_file == 0) == (header.previous_bytes == 0) &&
           header.definitions_bytes <= definitions_bytes_max &&
           header.file_bytes % block_bytes == 0 && header.file_bytes >= header.groups_offset() &&
           (header.flags & ~file_flags_known) == 0;
}

}  // namespace

ByteSpan encode_file_head(FileHeader header, std::uint32_t definition_count, ByteSpan definitions,
                          IoBuffer& to) {
    header.definitions = definition_count;
    header.definitions_bytes = definitions.size();
    header.definitions_checksum = checksum64(definitions);
    PERDURE_ASSERT(is_plausible(header));
    PERDURE_ASSERT(!is_newer(header));

    const std::size_t bytes = header.groups_offset();
    to.reserve(bytes, 0);
    PERDURE_ASSERT(to.size() >= bytes);
    std::byte* const data = to.data();
    std::fill(data, data + headers_bytes, std::byte{0});
    store_le(data, header);
    store_le(data + file_checksum_offset, checksum64({data, file_checksum_offset}));
    std::memcpy(data + block_bytes, data, block_bytes);
    if (!definitions.empty())
        std::memcpy(data + headers_bytes, definitions.data(), definitions.size());
    std::fill(data + headers_bytes + definitions.size(), data + bytes, std::byte{0});
    // Once more as recovery will see it.
    PERDURE_ASSERT(read_file_header({data, headers_bytes}).state == HeaderFound::State::valid);
    return {data, bytes};
}

HeaderFound read_file_header(ByteSpan headers) {
    PERDURE_ASSERT(headers.size() == headers_bytes);
    HeaderFound found;
    if (is_zero(headers)) {
        found.state = HeaderFound::State::zero;
        return found;
    }
    const auto first = read_copy(headers.first(block_bytes));
    const auto second = read_copy(headers.subspan(block_bytes));
    if (!first && !second) {
        found.remark = "both copies of the header are invalid";
        return found;
    }
    found.header = first ? *first : *second;
    if (is_newer(found.header)) {
        found.state = HeaderFound::State::newer;
        found.remark = text::format("format {}.{} with features {:#x}; this program reads {}.{}",
                                    found.header.major, found.header.minor, found.header.incompat,
                                    format_major, format_minor);
        return found;
    }
    const ByteSpan whole = headers.subspan(first ? 0 : block_bytes, block_bytes);
    const ByteSpan unused =
        whole.subspan(sizeof(FileHeader), file_checksum_offset - sizeof(FileHeader));
    const bool has_more = found.header.minor <= format_minor && !is_zero(unused);
    if (!is_plausible(found.header) || has_more) {
        found.remark = "the header contradicts itself";
        return found;
    }
    found.state = HeaderFound::State::valid;
    if (!first || !second) {
        found.remark = text::format("the {} copy of the header is damaged, the other is whole",
                                    first ? "second" : "first");
    } else if (!std::equal(headers.begin(), headers.begin() + block_bytes,
                           headers.begin() + block_bytes)) {
        found.state = HeaderFound::State::invalid;
        found.remark = "the two copies of the header differ, and both are whole";
    }
    return found;
}

}  // namespace perdure::journal
