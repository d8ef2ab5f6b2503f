// The persisted form of a definition: docs/format/definition.md, whose rules are D-1 to D-9.
#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "model/catalog.h"
#include "model/cell.h"

namespace perdure {
namespace {

constexpr std::uint8_t plain_format = 1;
constexpr std::uint8_t definition_format = 2;  // the newest
constexpr std::size_t head_bytes = 5;          // format, length of the body

constexpr std::uint8_t flag_append_only = 1;
constexpr std::uint8_t flag_resident = 2;
constexpr std::uint8_t flag_nullable = 1;
constexpr std::uint8_t flag_default = 2;

class Writer {
public:
    explicit Writer(std::vector<std::byte>& to) : to_(to) {}

    template <typename T>
    void number(T value) {
        const std::size_t at = to_.size();
        to_.resize(at + sizeof value);
        store_le(to_.data() + at, value);
    }
    void name(std::string_view name) {
        PERDURE_ASSERT(name.size() <= name_bytes_max);
        number(static_cast<std::uint8_t>(name.size()));
        const ByteSpan bytes = as_bytes(name);
        to_.insert(to_.end(), bytes.begin(), bytes.end());
    }
    void column(const Column& column) {
        const bool has_default = !column.default_value.is_null();
        number(column.number);
        number(column.type.kind);
        number(static_cast<std::uint8_t>((column.nullable ? flag_nullable : 0) |
                                         (has_default ? flag_default : 0)));
        if (column.type.kind == ColumnKind::array) {
            number(column.type.element);
            number(static_cast<std::uint16_t>(column.type.count));
        }
        name(column.name);
        if (!has_default) return;
        std::vector<std::byte> cell;
        append_cell(column.type, column.default_value, cell);
        number(static_cast<std::uint32_t>(cell.size()));
        to_.insert(to_.end(), cell.begin(), cell.end());
    }

private:
    std::vector<std::byte>& to_;
};

// Reads from a span and remembers if it was too short; what it gave then is zero.
class Reader {
public:
    explicit Reader(ByteSpan from) : from_(from) {}

    template <typename T>
    T number() {
        const ByteSpan bytes = take(sizeof(T));
        return bytes.empty() ? T{} : load_le<T>(bytes.data());
    }
    ByteSpan take(std::size_t bytes) {
        if (from_.size() < bytes) {
            short_ = true;
            from_ = {};
            return {};
        }
        const ByteSpan taken = from_.first(bytes);
        from_ = from_.subspan(bytes);
        return taken;
    }
    std::string name() { return std::string(as_text(take(number<std::uint8_t>()))); }

    [[nodiscard]] bool was_short() const noexcept { return short_; }
    [[nodiscard]] bool is_empty() const noexcept { return from_.empty(); }

private:
    ByteSpan from_;
    bool short_ = false;
};

Status broken(std::string_view what) {
    return error(Code::corrupt, "a table definition {}; run perdure verify", what);
}

// The least format that can say it: programs that only know older ones go on reading the rest.
std::uint8_t format_of(const TableDefinition& table) {
    const bool plain =
        table.conversions.empty() &&
        std::none_of(table.columns.begin(), table.columns.end(),
                     [](const auto& one) { return one.nullable && !one.default_value.is_null(); });
    return plain ? plain_format : definition_format;
}

Result<Column> read_column(Reader& reader) {
    Column column;
    column.number = reader.number<std::uint16_t>();
    column.type.kind = ColumnKind{reader.number<std::uint8_t>()};
    const auto flags = reader.number<std::uint8_t>();
    if (column.type.kind == ColumnKind::array) {
        column.type.element = ColumnKind{reader.number<std::uint8_t>()};
        column.type.count = reader.number<std::uint16_t>();
    }
    column.name = reader.name();
    column.nullable = (flags & flag_nullable) != 0;
    if ((flags & ~(flag_nullable | flag_default)) != 0) return broken("has unknown column flags");
    if ((flags & flag_default) == 0) return column;
    const ByteSpan cell = reader.take(reader.number<std::uint32_t>());
    if (reader.was_short()) return broken("is cut short");
    if (!column.type.is_valid() || !is_cell(column.type, cell)) {
        return broken("has a default that does not fit its column");
    }
    column.default_value = cell_value(column.type, cell);
    return column;
}

Result<TableDefinition> read_body(Reader& reader, std::uint8_t format) {
    TableDefinition table;
    table.id = reader.number<std::uint32_t>();
    table.version = reader.number<std::uint32_t>();
    const auto flags = reader.number<std::uint8_t>();
    table.next_column_number = reader.number<std::uint16_t>();
    table.key_columns = reader.number<std::uint16_t>();
    const auto columns = reader.number<std::uint16_t>();
    table.name = reader.name();
    table.category = reader.name();
    table.append_only = (flags & flag_append_only) != 0;
    table.resident = (flags & flag_resident) != 0;
    if ((flags & ~(flag_append_only | flag_resident)) != 0) return broken("has unknown flags");
    for (std::size_t index = 0; index < columns && !reader.was_short(); ++index) {
        PERDURE_TAKE(Column column, read_column(reader));
        table.columns.push_back(std::move(column));
    }
    const auto conversions =
        format == plain_format ? std::uint16_t{0} : reader.number<std::uint16_t>();
    for (std::size_t index = 0; index < conversions && !reader.was_short(); ++index) {
        table.conversions.push_back(reader.name());
    }
    if (reader.was_short()) return broken("is cut short");
    if (!reader.is_empty()) return broken("has bytes behind its end");
    if (format_of(table) != format) return broken("is not written in the least format for it");
    return table;
}

}  // namespace

Status check_catalogued(const TableDefinition& definition) {
    if (const Status valid = definition.validate(Naming::internal); !valid.ok()) {
        return error(Code::corrupt, "a table definition is wrong: {}; run perdure verify",
                     valid.message());
    }
    if (definition.id == 0 || definition.version == 0) return broken("has no id or version");
    std::vector<std::uint16_t> numbers;
    for (const Column& column : definition.columns) {
        if (column.number == 0 || column.number >= definition.next_column_number) {
            return broken("has a column number that was never given");
        }
        numbers.push_back(column.number);
    }
    std::sort(numbers.begin(), numbers.end());
    const bool twice = std::adjacent_find(numbers.begin(), numbers.end()) != numbers.end();
    return twice ? broken("has a column number twice") : Status();
}

void encode_definition(const TableDefinition& definition, std::vector<std::byte>& to) {
    const std::size_t head = to.size();
    Writer writer(to);
    const std::uint8_t format = format_of(definition);
    writer.number(format);
    writer.number(std::uint32_t{0});  // the length, below
    writer.number(definition.id);
    writer.number(definition.version);
    writer.number(static_cast<std::uint8_t>((definition.append_only ? flag_append_only : 0) |
                                            (definition.resident ? flag_resident : 0)));
    writer.number(definition.next_column_number);
    writer.number(definition.key_columns);
    writer.number(static_cast<std::uint16_t>(definition.columns.size()));
    writer.name(definition.name);
    writer.name(definition.category);
    for (const Column& column : definition.columns) writer.column(column);
    if (format != plain_format) {
        writer.number(static_cast<std::uint16_t>(definition.conversions.size()));
        for (const std::string& name : definition.conversions) writer.name(name);
    }
    const std::size_t body = to.size() - head - head_bytes;
    PERDURE_ASSERT(body <= std::numeric_limits<std::uint32_t>::max());
    store_le(to.data() + head + 1, static_cast<std::uint32_t>(body));
}

Result<TableDefinition> decode_definition(ByteSpan& from) {
    Reader outer(from);
    const auto format = outer.number<std::uint8_t>();
    if (outer.was_short()) return broken("is cut short");
    if (format == 0) return broken("has no format");
    if (format > definition_format) {
        return error(Code::unsupported,
                     "a table definition is in format {}, this program reads up to {}", format,
                     definition_format);
    }
    const ByteSpan body = outer.take(outer.number<std::uint32_t>());
    if (outer.was_short() || body.empty()) return broken("is cut short");
    Reader reader(body);
    PERDURE_TAKE(TableDefinition table, read_body(reader, format));
    PERDURE_TRY(check_catalogued(table));
    from = from.subspan(head_bytes + body.size());
    return table;
}

}  // namespace perdure
