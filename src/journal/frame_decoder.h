// FrameDecoder: change sets out of the bytes of a group. It trusts nobody: lengths, counts and
// offsets are checked against one another before anything is allocated (J-9).
//
// Thread rule: functions are pure; a FrameDecoder is used by one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "journal/format.h"
#include "model/batch_builder.h"
#include "model/catalog.h"
#include "model/change_set.h"

namespace perdure::journal {

// A frame in a payload, not yet decoded.
struct Frame {
    Lsn lsn = 0;
    FrameKind kind = FrameKind::changes;
    std::uint16_t items = 0;
    std::optional<std::uint64_t> tick;
    std::uint64_t bytes = 0;
    ByteSpan body;  // batches or definitions, and padding
};

// Takes the first frame off `payload`. `corrupt` if it is not the frame of LSN `expected`.
Result<Frame> next_frame(ByteSpan& payload, Lsn expected);

// Definitions stand in the last frame of a group that says so, and nowhere else (J-10); else
// `corrupt`.
Status check_place(const Frame& frame, const GroupHeader& header);

// The definitions of a frame of that kind.
Result<std::vector<TableDefinition>> frame_definitions(const Frame& frame);

// All change sets of a group that passed payload_holds().
Result<std::vector<ChangeSet>> decode_group(const GroupHeader& header, ByteSpan group,
                                            const Catalog& catalog);

class FrameDecoder {
public:
    // Batches refer to definitions of the catalog, which must outlive them.
    explicit FrameDecoder(const Catalog& catalog) : catalog_(catalog) {}

    // `corrupt` if the bytes are no change set, or name a table version that the catalog does not
    // know.
    Result<ChangeSet> decode(const Frame& frame);

private:
    // Where the buffers of one column lie in the frame.
    struct Source {
        ByteSpan validity;
        ByteSpan offsets;
        ByteSpan data;
        bool key_deltas = false;
    };

    Result<Batch> decode_batch(ByteSpan& from);
    Status locate_column(const Column& column, bool key, std::uint32_t rows, ByteSpan& from);

    const Catalog& catalog_;
    std::vector<Source> sources_;  // of the batch being decoded
    std::vector<ColumnNeed> needs_;
};

}  // namespace perdure::journal
