// A group: header, checksums, frames. As it is, and again with both checksums put right. What is
// not there of the length that the header claims is zeros.
#include "journal/group.h"

#include <algorithm>

#include "base/assert.h"
#include "fuzz/known_tables.h"
#include "fuzz/target.h"
#include "journal/frame.h"
#include "journal/frame_decoder.h"

namespace perdure::fuzz {
namespace {

using journal::GroupHeader;

constexpr std::uint64_t group_tried_max = 64U << 10;

std::vector<std::byte> grown_to(ByteSpan input, std::size_t bytes) {
    std::vector<std::byte> grown(bytes);
    std::copy_n(input.begin(), std::min(bytes, input.size()), grown.begin());
    return grown;
}

void check_built_again(const GroupHeader& header, const std::vector<ChangeSet>& changes) {
    journal::GroupBuilder builder;
    for (const ChangeSet& each : changes) builder.add(each, journal::frame_bytes_max(each));
    const ByteSpan built = builder.seal(header);
    const auto again = journal::read_group_header(built.data());
    PERDURE_ASSERT(again.has_value() && again->group_bytes() == built.size());
    PERDURE_ASSERT(journal::payload_holds(*again, built));
    const auto decoded = journal::decode_group(*again, built, known_tables());
    PERDURE_ASSERT(decoded.ok() && decoded->size() == changes.size());
    for (std::size_t index = 0; index < changes.size(); ++index) {
        PERDURE_ASSERT(same_changes((*decoded)[index], changes[index]));
    }
}

Outcome decode_whole_group(ByteSpan input) {
    const auto header = journal::read_group_header(input.data());
    if (!header) return Outcome::refused;
    PERDURE_ASSERT(header->header_checksum ==
                   checksum64(input.first(journal::group_checksum_offset)));
    PERDURE_ASSERT(header->durable_lsn < header->first_lsn);
    if (header->group_bytes() > group_tried_max) return Outcome::refused;

    const std::vector<std::byte> group = grown_to(input, header->group_bytes());
    if (!journal::payload_holds(*header, group)) return Outcome::refused;
    PERDURE_ASSERT(
        header->payload_checksum ==
        checksum64(ByteSpan(group).subspan(journal::group_header_bytes, header->payload_bytes)));
    static_cast<void>(journal::chain_after(*header));
    if (header->kind == journal::GroupKind::attest) return Outcome::taken;
    const auto changes = journal::decode_group(*header, group, known_tables());
    if (!changes) return refused(changes.status(), {Code::corrupt, Code::unsupported});
    PERDURE_ASSERT(changes->size() == header->frames);
    for (std::size_t index = 0; index < changes->size(); ++index) {
        PERDURE_ASSERT((*changes)[index].lsn == header->first_lsn + index);
    }
    check_built_again(*header, *changes);
    return Outcome::taken;
}

std::vector<std::byte> sealed_group(ByteSpan input) {
    std::vector<std::byte> sealed = copy_of(input);
    auto header = load_le<GroupHeader>(sealed.data());
    header.payload_bytes =
        std::min<std::uint64_t>(header.payload_bytes, sealed.size() - journal::group_header_bytes);
    const ByteSpan payload =
        ByteSpan(sealed).subspan(journal::group_header_bytes, header.payload_bytes);
    header.payload_checksum = checksum64(payload);
    store_le(sealed.data(), header);
    const ByteSpan covered = ByteSpan(sealed).first(journal::group_checksum_offset);
    store_le(sealed.data() + journal::group_checksum_offset, checksum64(covered));
    return sealed;
}

}  // namespace

Outcome group(ByteSpan input) {
    if (input.size() < journal::group_header_bytes) return Outcome::refused;
    const Outcome as_it_is = decode_whole_group(input);
    static_cast<void>(decode_whole_group(sealed_group(input)));
    return as_it_is;
}

}  // namespace perdure::fuzz
