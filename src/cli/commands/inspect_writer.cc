#include "cli/commands/inspect_writer.h"

#include <fmt/format.h>

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

class JsonWriter final : public InspectWriter {
public:
    using InspectWriter::InspectWriter;

    std::string file(const FileFound& found, std::size_t definitions) const override {
        return fmt::format(
            R"({{"kind":"file","name":{},"state":{},"bytes":{},"epoch":{},"first_lsn":{},"definitions":{},"remark":{}}})"
            "\n",
            json_string(journal::file_name(found.sequence)),
            json_string(journal::state_name(found.state)), found.bytes, found.header.epoch,
            found.header.first_lsn, definitions, json_string(found.remark));
    }

    std::string changes(const GroupSeen& group, std::size_t index) const override {
        const ChangeSet& set = group.changes[index];
        std::string text = fmt::format(
            R"({{"kind":"change_set","lsn":{},"tick":{},"bytes":{},"file":{},"group":{},"offset":{},"epoch":{},)",
            set.lsn, set.tick ? std::to_string(*set.tick) : "null", group.frame_bytes[index],
            json_string(journal::file_name(group.address.file)), group.header.group,
            group.address.offset, group.header.epoch);
        text += R"("defines":[)";
        for (const TableDefinition& definition : set.definitions) {
            text += fmt::format("{}{}", &definition == set.definitions.data() ? "" : ",",
                                json_string(definition.name));
        }
        text += R"(],"batches":[)";
        for (const Batch& batch : set.batches) {
            text += fmt::format(R"({}{{"table":{},"operation":"{}","rows":{}{}}})",
                                &batch == set.batches.data() ? "" : ",",
                                json_string(batch.table().name), word(batch.operation()),
                                batch.rows(), rows() ? cells_of(batch) : "");
        }
        return text + "]}\n";
    }

    std::string catalog(const std::vector<TableDefinition>& tables) const override {
        std::string text;
        for (const TableDefinition& one : tables) {
            text += fmt::format(
                R"({{"kind":"table","id":{},"name":{},"version":{},"category":{},"append_only":{},"resident":{},"columns":[)",
                one.id, json_string(one.name), one.version, json_string(one.category),
                one.append_only, one.resident);
            for (std::size_t column = 0; column < one.columns.size(); ++column) {
                const Column& found = one.columns[column];
                text += fmt::format(R"({}{{"name":{},"type":{},"key":{},"nullable":{}}})",
                                    column == 0 ? "" : ",", json_string(found.name),
                                    json_string(found.type.name()), column < one.key_columns,
                                    found.nullable);
            }
            text += "]}\n";
        }
        return text;
    }

    std::string remark(std::string_view text) const override {
        return fmt::format("{{\"kind\":\"remark\",\"text\":{}}}\n", json_string(text));
    }

private:
    static std::string cells_of(const Batch& batch) {
        std::string text = R"(,"cells":[)";
        for (std::uint32_t row = 0; row < batch.rows(); ++row) {
            text += row == 0 ? "{" : ",{";
            for (std::size_t column = 0; column < batch.columns(); ++column) {
                text += fmt::format("{}{}:{}", column == 0 ? "" : ",",
                                    json_string(batch.table().columns[column].name),
                                    value_json(batch.value(column, row)));
            }
            text += '}';
        }
        return text + ']';
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
