// Frames, decoded with the tables of known_tables.h: as they are, and again with length, LSN and
// kind put right, so that the fuzzer gets to what is in them.
#include "journal/frame.h"

#include <cstring>

#include "base/assert.h"
#include "fuzz/known_tables.h"
#include "fuzz/target.h"
#include "journal/frame_decoder.h"

namespace perdure::fuzz {
namespace {

constexpr Lsn first_lsn = 1;

Outcome decode_frame(ByteSpan bytes) {
    ByteSpan left = bytes;
    const auto found = journal::next_frame(left, first_lsn);
    if (!found) {
        PERDURE_ASSERT(left.data() == bytes.data() && left.size() == bytes.size());
        return refused(found.status(), {Code::corrupt});
    }
    PERDURE_ASSERT(found->bytes + left.size() == bytes.size());
    const auto changes = journal::FrameDecoder(known_tables()).decode(*found);
    if (!changes) return refused(changes.status(), {Code::corrupt, Code::unsupported});

    const std::vector<std::byte> written = frame_of(*changes);
    ByteSpan rest = written;
    const auto again = journal::next_frame(rest, first_lsn);
    PERDURE_ASSERT(again.ok() && rest.empty());
    const auto same = journal::FrameDecoder(known_tables()).decode(*again);
    PERDURE_ASSERT(same.ok() && same_changes(*changes, *same));
    PERDURE_ASSERT(frame_of(*same) == written);
    return Outcome::taken;
}

}  // namespace

Outcome frame(ByteSpan input) {
    const Outcome as_it_is = decode_frame(input);
    std::vector<std::byte> sealed = copy_of(input);
    sealed.resize(sealed.size() / journal::frame_alignment * journal::frame_alignment);
    if (sealed.size() < sizeof(journal::FrameHeader)) return as_it_is;
    auto header = load_le<journal::FrameHeader>(sealed.data());
    header.bytes = sealed.size();
    header.lsn_low = first_lsn;
    header.flags &= journal::frame_flags_known;
    const bool defines = (static_cast<unsigned>(header.kind) & 2U) != 0;
    header.kind = defines ? journal::FrameKind::definitions : journal::FrameKind::changes;
    store_le(sealed.data(), header);
    static_cast<void>(decode_frame(sealed));
    return as_it_is;
}

}  // namespace perdure::fuzz
