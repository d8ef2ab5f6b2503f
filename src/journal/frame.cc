#include "journal/frame.h"

#include <cstring>

#include "base/assert.h"
#include "base/error.h"
#include "journal/column_layout.h"
#include "journal/key_codec.h"
#include "model/catalog.h"

namespace perdure::journal {
namespace {

std::uint64_t variable_bytes(const Batch& batch, std::size_t column) noexcept {
    return load_le<std::uint32_t>(batch.data() + batch.layout(column).offsets +
                                  std::size_t{batch.rows()} * 4);
}

std::uint64_t data_bytes(const Batch& batch, std::size_t column) noexcept {
    const ColumnType& type = batch.table().columns[column].type;
    if (type.is_variable()) return variable_bytes(batch, column);
    if (type.kind == ColumnKind::boolean) return bitmap_bytes(batch.rows());
    return std::uint64_t{batch.rows()} * type.width();
}

std::uint64_t batch_bytes_bound(const Batch& batch) noexcept {
    std::uint64_t bytes = sizeof(BatchHeader);
    for (std::size_t column = 0; column < batch.columns(); ++column) {
        const Batch::Layout& at = batch.layout(column);
        bytes += 1 + data_bytes(batch, column);
        if (at.validity != 0) bytes += bitmap_bytes(batch.rows());
        if (at.offsets != 0) bytes += 4 + offsets_bytes(batch.rows());
        if (column < batch.table().key_columns) {
            bytes += encoded_keys_bytes_max(batch.rows(), 0);  // the width of each block
        }
    }
    return bytes;
}

std::byte* put(const void* from, std::size_t bytes, std::byte* to) noexcept {
    std::memcpy(to, from, bytes);
    return to + bytes;
}

std::byte* encode_column(const Batch& batch, std::size_t index, std::byte* to) noexcept {
    const Column& column = batch.table().columns[index];
    const Batch::Layout& at = batch.layout(index);
    const bool deltas = has_key_deltas(column, index < batch.table().key_columns);
    PERDURE_ASSERT((at.offsets != 0) == column.type.is_variable());
    PERDURE_ASSERT(at.validity == 0 || column.nullable);
    PERDURE_ASSERT(at.validity == 0 || !deltas);  // a key is never null

    unsigned flags = at.validity != 0 ? column_flag_validity : 0U;
    if (deltas) flags |= column_flag_key_deltas;
    *to++ = static_cast<std::byte>(flags);
    const std::uint64_t bytes = data_bytes(batch, index);
    if (at.offsets != 0) {
        store_le(to, static_cast<std::uint32_t>(bytes));
        to += 4;
    }
    if (at.validity != 0) to = put(batch.data() + at.validity, bitmap_bytes(batch.rows()), to);
    if (at.offsets != 0) {
        PERDURE_ASSERT(load_le<std::uint32_t>(batch.data() + at.offsets) == 0);
        to = put(batch.data() + at.offsets, offsets_bytes(batch.rows()), to);
    }
    if (deltas) {
        return encode_keys(batch.data() + at.data, batch.rows(), column.type.width(), to);
    }
    return put(batch.data() + at.data, bytes, to);
}

std::byte* encode_batch(const Batch& batch, std::byte* to) noexcept {
    std::byte* const start = to;
    BatchHeader header;
    header.table = batch.table().id;
    header.version = batch.table().version;
    header.rows = batch.rows();
    header.columns = static_cast<std::uint16_t>(batch.columns());
    header.operation = static_cast<std::uint8_t>(batch.operation());
    PERDURE_ASSERT(header.table != 0);  // a definition of the catalog
    PERDURE_ASSERT(header.version != 0);
    PERDURE_ASSERT(header.rows != 0);
    PERDURE_ASSERT(header.columns == batch.columns());
    to += sizeof header;
    for (std::size_t column = 0; column < batch.columns(); ++column) {
        to = encode_column(batch, column, to);
    }
    header.body_bytes = static_cast<std::uint64_t>(to - start) - sizeof header;
    PERDURE_ASSERT(sizeof header + header.body_bytes <= batch_bytes_bound(batch));
    store_le(start, header);
    return to;
}

std::vector<std::byte> encode_definitions(const ChangeSet& changes) {
    std::vector<std::byte> bytes;
    for (const TableDefinition& definition : changes.definitions)
        encode_definition(definition, bytes);
    return bytes;
}

}  // namespace

std::uint64_t frame_bytes_max(const ChangeSet& changes) {
    std::uint64_t bytes = sizeof(FrameHeader) + 8 + frame_padding_max;
    if (!changes.definitions.empty()) return bytes + encode_definitions(changes).size();
    for (const Batch& batch : changes.batches) bytes += batch_bytes_bound(batch);
    return bytes;
}

Status check_frame(const ChangeSet& changes) {
    const std::size_t items = changes.batches.size() + changes.definitions.size();
    if (items > frame_items_max) {
        return error(Code::invalid,
                     "LSN {}: {} batches in one change set; at most {}: commit in pieces",
                     changes.lsn, items, frame_items_max);
    }
    if (!changes.definitions.empty() && !changes.batches.empty()) {
        return error(Code::invalid,
                     "LSN {}: definitions and rows in one change set; commit the definitions first",
                     changes.lsn);
    }
    return {};
}

std::byte* encode_frame(const ChangeSet& changes, std::byte* to) {
    std::byte* const start = to;
    FrameHeader header;
    header.lsn_low = static_cast<std::uint32_t>(changes.lsn);
    to += sizeof header;
    if (changes.tick) {
        header.flags |= frame_flag_tick;
        store_le(to, *changes.tick);
        to += 8;
    }
    if (!changes.definitions.empty()) {
        PERDURE_ASSERT(changes.batches.empty());
        PERDURE_ASSERT(changes.definitions.size() <= frame_items_max);
        header.kind = FrameKind::definitions;
        header.items = static_cast<std::uint16_t>(changes.definitions.size());
        const std::vector<std::byte> definitions = encode_definitions(changes);
        to = put(definitions.data(), definitions.size(), to);
    }
    for (const Batch& batch : changes.batches) {
        if (batch.rows() == 0) continue;
        PERDURE_ASSERT(header.items < frame_items_max);
        ++header.items;
        to = encode_batch(batch, to);
    }
    while ((to - start) % static_cast<std::ptrdiff_t>(frame_alignment) != 0) *to++ = std::byte{0};
    header.bytes = static_cast<std::uint64_t>(to - start);
    store_le(start, header);
    return to;
}

}  // namespace perdure::journal
