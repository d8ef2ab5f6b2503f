#include "cli/commands/inspect_writer.h"

#include <fmt/format.h>

#include "base/quantity.h"
#include "cli/text_table.h"
#include "cli/value_text.h"
#include "journal/file_name.h"

namespace perdure::cli {

namespace {

using journal::FileFound;
using journal::GroupSeen;

std::string word(Operation operation) { return operation == Operation::erase ? "erase" : "upsert"; }

std::string kind_of(const TableDefinition& table) {
    std::string words = table.append_only ? "append-only" : "";
    if (table.resident) words += words.empty() ? "resident" : ", resident";
    return words;
}

std::string columns_text(const TableDefinition& table) {
    std::string text;
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
        const Column& found = table.columns[column];
        if (!text.empty()) text += ", ";
        text += fmt::format("{}{} {}{}", column < table.key_columns ? "*" : "", found.name,
                            found.type.name(), found.nullable ? "?" : "");
    }
    return text;
}

class TextWriter final : public InspectWriter {
public:
    using InspectWriter::InspectWriter;

    std::string file(const FileFound& found, std::size_t definitions) const override {
        std::string line = fmt::format("{}  {}  {}", journal::file_name(found.sequence),
                                       journal::state_name(found.state), bytes_text(found.bytes));
        if (found.state == FileFound::State::used) {
            line += fmt::format("  epoch {}  from LSN {}  {} definitions", found.header.epoch,
                                found.header.first_lsn, definitions);
        }
        if (!found.remark.empty()) line += "  " + found.remark;
        return line + '\n';
    }

    std::string changes(const GroupSeen& group, std::size_t index) const override {
        const ChangeSet& set = group.changes[index];
        std::string text = fmt::format("  LSN {}", set.lsn);
        if (set.tick) text += fmt::format("  tick {}", *set.tick);
        text += fmt::format("  {}  group {} at {}", bytes_text(group.frame_bytes[index]),
                            group.header.group, group.address.offset);
        for (const TableDefinition& definition : set.definitions) {
            text += fmt::format("  defines {} version {}", definition.name, definition.version);
        }
        for (const Batch& batch : set.batches) {
            text += fmt::format("  {} {}{}", batch.table().name,
                                batch.operation() == Operation::erase ? '-' : '+', batch.rows());
        }
        text += '\n';
        if (!rows()) return text;
        for (const Batch& batch : set.batches) append_rows(text, batch);
        return text;
    }

    std::string catalog(const std::vector<TableDefinition>& tables) const override {
        TextTable table(
            {"id", "table", "version", "category", "kind", "columns (* key, ? nullable)"});
        for (const TableDefinition& one : tables) {
            table.add({std::to_string(one.id), one.name, std::to_string(one.version), one.category,
                       kind_of(one), columns_text(one)});
        }
        return fmt::format("\n{}", table.text());
    }

    std::string remark(std::string_view text) const override {
        return fmt::format("remark: {}\n", text);
    }

    std::string damage(const Status& status) const override {
        return fmt::format("WRONG: {}\n", status.text());
    }

private:
    static void append_rows(std::string& text, const Batch& batch) {
        for (std::uint32_t row = 0; row < batch.rows(); ++row) {
            text += fmt::format("      {} {}", word(batch.operation()), batch.table().name);
            for (std::size_t column = 0; column < batch.columns(); ++column) {
                text += fmt::format("  {}={}", batch.table().columns[column].name,
                                    value_text(batch.value(column, row)));
            }
            text += '\n';
        }
    }
};

using OrderedJson = nlohmann::ordered_json;

OrderedJson cells_of(const Batch& batch) {
    OrderedJson cells = OrderedJson::array();
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        OrderedJson& made = cells.emplace_back();
        for (std::size_t column = 0; column < batch.columns(); ++column) {
            made[batch.table().columns[column].name] = value_json(batch.value(column, row));
        }
    }
    return cells;
}

class JsonWriter final : public InspectWriter {
public:
    using InspectWriter::InspectWriter;

    std::string file(const FileFound& found, std::size_t definitions) const override {
        return json_line({{"kind", "file"},
                          {"name", journal::file_name(found.sequence)},
                          {"state", journal::state_name(found.state)},
                          {"bytes", found.bytes},
                          {"epoch", found.header.epoch},
                          {"first_lsn", found.header.first_lsn},
                          {"definitions", definitions},
                          {"remark", found.remark}});
    }

    std::string changes(const GroupSeen& group, std::size_t index) const override {
        const ChangeSet& set = group.changes[index];
        OrderedJson json{{"kind", "change_set"},
                         {"lsn", set.lsn},
                         {"tick", set.tick ? OrderedJson(*set.tick) : OrderedJson()},
                         {"bytes", group.frame_bytes[index]},
                         {"file", journal::file_name(group.address.file)},
                         {"offset", group.address.offset},
                         {"group", group.header.group},
                         {"epoch", group.header.epoch},
                         {"defines", OrderedJson::array()},
                         {"batches", OrderedJson::array()}};
        for (const TableDefinition& definition : set.definitions) {
            json["defines"].push_back(definition.name);
        }
        for (const Batch& batch : set.batches) {
            OrderedJson& made = json["batches"].emplace_back();
            made["table"] = batch.table().name;
            made["operation"] = word(batch.operation());
            made["rows"] = batch.rows();
            if (rows()) made["cells"] = cells_of(batch);
        }
        return json_line(json);
    }

    std::string catalog(const std::vector<TableDefinition>& tables) const override {
        std::string text;
        for (const TableDefinition& one : tables) {
            OrderedJson json{{"kind", "table"},          {"id", one.id},
                             {"name", one.name},         {"version", one.version},
                             {"category", one.category}, {"append_only", one.append_only},
                             {"resident", one.resident}, {"columns", OrderedJson::array()}};
            for (std::size_t column = 0; column < one.columns.size(); ++column) {
                const Column& found = one.columns[column];
                json["columns"].push_back({{"name", found.name},
                                           {"type", found.type.name()},
                                           {"key", column < one.key_columns},
                                           {"nullable", found.nullable}});
            }
            text += json_line(json);
        }
        return text;
    }

    std::string remark(std::string_view text) const override {
        return json_line({{"kind", "remark"}, {"text", text}});
    }

    std::string damage(const Status& status) const override {
        return json_line(
            {{"kind", "damage"}, {"code", code_name(status.code())}, {"text", status.message()}});
    }
};

}  // namespace

std::unique_ptr<const InspectWriter> InspectWriter::text(bool rows) {
    return std::make_unique<TextWriter>(rows);
}

std::unique_ptr<const InspectWriter> InspectWriter::json(bool rows) {
    return std::make_unique<JsonWriter>(rows);
}

}  // namespace perdure::cli
