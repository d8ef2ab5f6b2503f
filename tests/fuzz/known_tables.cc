#include "fuzz/known_tables.h"

#include "base/assert.h"
#include "journal/frame.h"
#include "model/tables.h"

namespace perdure::fuzz {
namespace {

TableDefinition every_key() {
    TableBuilder table("every_key");
    for (const ColumnKind kind :
         {ColumnKind::boolean, ColumnKind::i8, ColumnKind::i32, ColumnKind::u32, ColumnKind::i64,
          ColumnKind::u64, ColumnKind::id, ColumnKind::text, ColumnKind::bytes, ColumnKind::uuid}) {
        const ColumnType type{kind, ColumnKind::u8, 0};
        table.key(text::format("k_{}", type.name()), type);
    }
    return perdure::test::numbered(table.definition());
}

TableDefinition events() {
    TableBuilder table("events");
    table.key<std::uint64_t>("tick").key<std::uint32_t>("seq").column<std::string>("what");
    return perdure::test::numbered(table.append_only().definition());
}

struct KnownTables {
    KnownTables() {
        TableId id = 0;
        for (TableDefinition table : {perdure::test::everything(), every_key(), events()}) {
            table.id = ++id;
            PERDURE_ASSERT(catalog.add(table).ok());
        }
    }
    Catalog catalog;
};

}  // namespace

const Catalog& known_tables() {
    static const KnownTables known;
    return known.catalog;
}

std::vector<std::byte> frame_of(const ChangeSet& changes) {
    PERDURE_ASSERT(journal::check_frame(changes).ok());
    std::vector<std::byte> bytes(journal::frame_bytes_max(changes));
    const std::byte* const end = journal::encode_frame(changes, bytes.data());
    const auto written = static_cast<std::size_t>(end - bytes.data());
    PERDURE_ASSERT(written <= bytes.size());
    bytes.resize(written);
    bytes.shrink_to_fit();
    return bytes;
}

bool same_changes(const ChangeSet& one, const ChangeSet& other) {
    if (one.lsn != other.lsn || one.tick != other.tick) return false;
    if (one.batches.size() != other.batches.size()) return false;
    for (std::size_t index = 0; index < one.batches.size(); ++index) {
        if (!same_rows(one.batches[index], other.batches[index])) return false;
    }
    if (one.definitions.size() != other.definitions.size()) return false;
    std::vector<std::byte> left;
    std::vector<std::byte> right;
    for (const TableDefinition& table : one.definitions) encode_definition(table, left);
    for (const TableDefinition& table : other.definitions) encode_definition(table, right);
    return left == right;
}

}  // namespace perdure::fuzz
