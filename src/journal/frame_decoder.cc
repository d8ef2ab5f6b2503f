#include "journal/frame_decoder.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/error.h"
#include "journal/column_layout.h"
#include "journal/definitions.h"
#include "journal/group.h"
#include "journal/key_codec.h"

namespace perdure::journal {
namespace {

// Cuts `bytes` off the front of `from`; false if there are not that many.
bool take(ByteSpan& from, std::uint64_t bytes, ByteSpan& piece) noexcept {
    if (bytes > from.size()) return false;
    piece = from.first(bytes);
    from = from.subspan(bytes);
    return true;
}

// The first 0, never falling, the last one the end.
bool offsets_hold(ByteSpan offsets, std::uint32_t rows, std::uint32_t end) noexcept {
    std::uint32_t before = load_le<std::uint32_t>(offsets.data());
    if (before != 0) return false;
    bool rising = true;
    for (std::size_t row = 1; row <= rows; ++row) {
        const auto next = load_le<std::uint32_t>(offsets.data() + row * 4);
        rising &= next >= before;
        before = next;
    }
    return rising && before == end;
}

}  // namespace

Result<Frame> next_frame(ByteSpan& payload, Lsn expected) {
    if (payload.size() < sizeof(FrameHeader)) {
        return error(Code::corrupt, "LSN {}: {} bytes are left for its frame", expected,
                     payload.size());
    }
    const auto header = load_le<FrameHeader>(payload.data());
    const bool ticked = (header.flags & frame_flag_tick) != 0;
    const std::size_t head = sizeof header + (ticked ? 8 : 0);
    if (header.bytes < head || header.bytes > payload.size() ||
        header.bytes % frame_alignment != 0) {
        return error(Code::corrupt, "LSN {}: its frame claims {} bytes of {}", expected,
                     header.bytes, payload.size());
    }
    if (header.lsn_low != static_cast<std::uint32_t>(expected)) {
        return error(Code::corrupt, "LSN {}: its frame is of another LSN, ending in {:08x}",
                     expected, header.lsn_low);
    }
    if ((header.flags & ~frame_flags_known) != 0 ||
        (header.kind != FrameKind::changes && header.kind != FrameKind::definitions)) {
        return error(Code::corrupt, "LSN {}: frame kind {}, flags {} are unknown", expected,
                     static_cast<unsigned>(header.kind), header.flags);
    }
    Frame frame;
    frame.lsn = expected;
    frame.kind = header.kind;
    frame.items = header.items;
    if (ticked) frame.tick = load_le<std::uint64_t>(payload.data() + sizeof header);
    frame.bytes = header.bytes;
    frame.body = payload.subspan(head, header.bytes - head);
    payload = payload.subspan(header.bytes);
    return frame;
}

Status check_place(const Frame& frame, const GroupHeader& header) {
    const bool may_define =
        frame.lsn == header.last_lsn() && (header.flags & group_flag_definitions) != 0;
    if (may_define == (frame.kind == FrameKind::definitions)) return {};
    return error(Code::corrupt, "LSN {}: its frame {}", frame.lsn,
                 may_define ? "should hold definitions" : "may not hold definitions");
}

Result<std::vector<TableDefinition>> frame_definitions(const Frame& frame) {
    PERDURE_ASSERT(frame.kind == FrameKind::definitions);
    // They say themselves where they end; behind them is only the padding.
    ByteSpan rest = frame.body;
    for (std::uint16_t index = 0; index < frame.items; ++index) {
        const auto definition = decode_definition(rest);
        if (!definition) return definition.status();
    }
    if (rest.size() > frame_padding_max || !is_zero(rest)) {
        return error(Code::corrupt, "LSN {}: {} bytes follow its definitions", frame.lsn,
                     rest.size());
    }
    return decode_definitions(frame.body.first(frame.body.size() - rest.size()), frame.items);
}

Result<std::vector<ChangeSet>> decode_group(const GroupHeader& header, ByteSpan group,
                                            const Catalog& catalog) {
    PERDURE_ASSERT(group.size() == header.group_bytes());
    FrameDecoder decoder(catalog);
    std::vector<ChangeSet> all;
    all.reserve(header.frames);
    ByteSpan payload = group.subspan(group_header_bytes, header.payload_bytes);
    for (Lsn lsn = header.first_lsn; lsn < header.first_lsn + header.frames; ++lsn) {
        PERDURE_TAKE(const Frame frame, next_frame(payload, lsn));
        PERDURE_TRY(check_place(frame, header));
        PERDURE_TAKE(ChangeSet changes, decoder.decode(frame));
        all.push_back(std::move(changes));
    }
    if (!payload.empty()) return error(Code::corrupt, "{} bytes follow its frames", payload.size());
    return all;
}

Result<ChangeSet> FrameDecoder::decode(const Frame& frame) {
    ChangeSet changes;
    changes.lsn = frame.lsn;
    changes.tick = frame.tick;
    if (frame.kind == FrameKind::definitions) {
        PERDURE_TAKE(changes.definitions, frame_definitions(frame));
        return changes;
    }
    ByteSpan rest = frame.body;
    changes.batches.reserve(std::min<std::size_t>(frame.items, rest.size() / sizeof(BatchHeader)));
    for (std::uint16_t index = 0; index < frame.items; ++index) {
        auto batch = decode_batch(rest);
        if (!batch) {
            return batch.status().with_context(
                text::format("LSN {}, batch {}", frame.lsn, index + 1));
        }
        changes.batches.push_back(*std::move(batch));
    }
    if (rest.size() > frame_padding_max || !is_zero(rest)) {
        return error(Code::corrupt, "LSN {}: {} bytes follow its batches", frame.lsn, rest.size());
    }
    return changes;
}

Result<Batch> FrameDecoder::decode_batch(ByteSpan& from) {
    if (from.size() < sizeof(BatchHeader)) {
        return error(Code::corrupt, "{} bytes are left for a batch", from.size());
    }
    const auto header = load_le<BatchHeader>(from.data());
    from = from.subspan(sizeof header);
    const TableDefinition* table = catalog_.find(header.table, header.version);
    if (table == nullptr) {
        return error(Code::corrupt, "no definition of table {}, version {}, comes before it",
                     header.table, header.version);
    }
    const bool erase = header.operation == static_cast<std::uint8_t>(Operation::erase);
    if (!erase && header.operation != static_cast<std::uint8_t>(Operation::upsert)) {
        return error(Code::corrupt, "table {}: operation {}", table->name, header.operation);
    }
    const std::size_t columns = erase ? table->key_columns : table->columns.size();
    if (header.columns != columns || header.zero != 0 || header.rows == 0 ||
        header.rows > batch_rows_max) {
        return error(Code::corrupt, "table {}: {} rows of {} columns", table->name, header.rows,
                     header.columns);
    }
    ByteSpan body;
    if (!take(from, header.body_bytes, body)) {
        return error(Code::corrupt, "table {}: a body of {} bytes in {}", table->name,
                     header.body_bytes, from.size());
    }
    sources_.clear();
    needs_.clear();
    for (std::size_t index = 0; index < columns; ++index) {
        const Column& column = table->columns[index];
        if (Status status = locate_column(column, index < table->key_columns, header.rows, body);
            !status.ok()) {
            return status.with_context(
                text::format("table {}, column {}", table->name, column.name));
        }
    }
    if (!body.empty()) {
        return error(Code::corrupt, "table {}: {} bytes follow its columns", table->name,
                     body.size());
    }

    PERDURE_ASSERT(sources_.size() == columns);
    PERDURE_ASSERT(needs_.size() == columns);
    auto made =
        BatchFrame::make(*table, erase ? Operation::erase : Operation::upsert, header.rows, needs_);
    if (!made) return Status(Code::corrupt, std::string(made.status().message()));
    BatchFrame& frame = *made;
    for (std::size_t index = 0; index < columns; ++index) {
        const Source& source = sources_[index];
        if (!source.validity.empty()) {
            std::memcpy(frame.validity(index), source.validity.data(), source.validity.size());
        }
        if (!source.offsets.empty()) {
            std::memcpy(frame.offsets(index), source.offsets.data(), source.offsets.size());
        }
        if (source.key_deltas) {
            decode_keys(source.data.data(), header.rows, table->columns[index].type.width(),
                        frame.data(index));
        } else if (!source.data.empty()) {
            std::memcpy(frame.data(index), source.data.data(), source.data.size());
        }
    }
    return std::move(frame).finish();
}

Status FrameDecoder::locate_column(const Column& column, bool key, std::uint32_t rows,
                                   ByteSpan& from) {
    const auto too_short = [&] { return error(Code::corrupt, "its {} rows are cut off", rows); };
    Source source;
    ColumnNeed need;
    ByteSpan piece;
    if (!take(from, 1, piece)) return too_short();
    const auto flags = std::to_integer<unsigned>(piece[0]);
    source.key_deltas = has_key_deltas(column, key);
    need.validity = (flags & column_flag_validity) != 0;
    if ((flags & ~unsigned{column_flags_known}) != 0 || (need.validity && !column.nullable) ||
        source.key_deltas != ((flags & column_flag_key_deltas) != 0)) {
        return error(Code::corrupt, "flags {}", flags);
    }
    if (column.type.is_variable()) {
        if (!take(from, 4, piece)) return too_short();
        need.variable_bytes = load_le<std::uint32_t>(piece.data());
    }
    if (need.validity && !take(from, bitmap_bytes(rows), source.validity)) return too_short();
    std::uint64_t bytes = 0;
    if (column.type.is_variable()) {
        if (!take(from, offsets_bytes(rows), source.offsets)) return too_short();
        if (!offsets_hold(source.offsets, rows, static_cast<std::uint32_t>(need.variable_bytes))) {
            return error(Code::corrupt, "its offsets do not rise from 0 to {}",
                         need.variable_bytes);
        }
        bytes = need.variable_bytes;
    } else if (source.key_deltas) {
        const auto encoded = encoded_keys_bytes(from, rows, column.type.width());
        if (!encoded)
            return error(Code::corrupt, "the differences of its {} keys do not hold", rows);
        bytes = *encoded;
    } else if (column.type.kind == ColumnKind::boolean) {
        bytes = bitmap_bytes(rows);
    } else {
        bytes = std::uint64_t{rows} * column.type.width();
    }
    if (!take(from, bytes, source.data)) return too_short();
    sources_.push_back(source);
    needs_.push_back(need);
    return {};
}

}  // namespace perdure::journal
