#include "cli/commands/inspect_writer.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include <fmt/format.h>

#include "base/quantity.h"
#include "base/utc.h"
#include "cli/text_table.h"
#include "cli/value_text.h"
#include "journal/file_name.h"

namespace perdure::cli {

namespace {

using journal::FileFound;
using journal::GroupSeen;

// Lines stay lines; whoever needs the whole of a long cell asks for JSON.
constexpr TextLimits limits{.columns = table_columns_max, .bytes = 256};

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

    std::string changes(const GroupSeen& group, std::size_t index,
                        std::optional<Level> level) const override {
        const ChangeSet& set = group.changes[index];
        std::string text = fmt::format("  LSN {}", set.lsn);
        if (set.tick) text += fmt::format("  tick {}", *set.tick);
        text += fmt::format("  {}  {}  group {} at {}", utc_text(group.header.wall_us),
                            bytes_text(group.frame_bytes[index]), group.header.group,
                            group.address.offset);
        if (level) text += fmt::format("  level {}", level_name(*level));
        for (const TableDefinition& definition : set.definitions) {
            text += fmt::format("  defines {} version {}", definition.name, definition.version);
        }
        for (const Batch& batch : set.batches) {
            text += fmt::format("  {} {}{}", batch.table().name,
                                batch.operation() == Operation::erase ? '-' : '+', batch.rows());
        }
        text += '\n';
        if (!rows_max()) return text;
        for (const Batch& batch : set.batches) append_rows(text, batch, *rows_max());
        return text;
    }

    std::string end(const InspectEnd& end) const override {
        std::string text = end.journal.path.empty()
                               ? std::string("end      the journal holds no change sets\n")
                               : end_text(end);
        const StoreWord& store = *end.store;
        if (!store.trouble.ok()) {
            return text + fmt::format("store    cannot be asked: {}\n", store.trouble.text());
        }
        text += fmt::format("store    holds everything up to LSN {}", *store.lsn);
        if (*store.lsn < end.journal.last) {
            text += fmt::format("; {} beyond it: opening replays them",
                                count_text(end.journal.last - *store.lsn, "change set"));
        }
        return text + '\n';
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
    static std::string end_text(const InspectEnd& end) {
        const journal::EndSeen& at = end.journal;
        std::string text = fmt::format("end      LSN {}", at.last);
        if (end.tick) text += fmt::format(", tick {}", *end.tick);
        text += fmt::format(", {} here; {} at offset {}: {}\n",
                            count_text(end.change_sets, "change set"), at.path, at.offset, at.why);
        text += fmt::format("         {}\n", meaning_of(at));
        if (at.durable == 0) return text;
        text += fmt::format("durable  up to LSN {}, the journal says", at.durable);
        if (at.durable < at.last) text += "; what follows may have been acknowledged, or not";
        return text + '\n';
    }
    static std::string_view meaning_of(const journal::EndSeen& at) {
        if (at.damaged) return "WRONG: acknowledged change sets were behind it; see above";
        if (at.remains) {
            return "a torn end: a group that was not finished, or not acknowledged that the "
                   "journal knows of; opening cuts it and keeps it in quarantine/";
        }
        return "a whole end: every group that was begun is here";
    }
    static void append_rows(std::string& text, const Batch& batch, std::uint32_t rows_max) {
        const std::uint32_t count = std::min(batch.rows(), rows_max);
        for (std::uint32_t row = 0; row < count; ++row) {
            text += fmt::format("      {} {}  {}\n", operation_name(batch.operation()),
                                batch.table().name, to_text(batch, row, limits));
        }
        if (count < batch.rows()) {
            const std::uint32_t left = batch.rows() - count;
            text +=
                fmt::format("      {} {}  … and {} more row{}\n", operation_name(batch.operation()),
                            batch.table().name, count_text(left), left == 1 ? "" : "s");
        }
    }
};

using OrderedJson = nlohmann::ordered_json;

OrderedJson cells_of(const Batch& batch, std::uint32_t rows_max) {
    OrderedJson cells = OrderedJson::array();
    for (std::uint32_t row = 0; row < std::min(batch.rows(), rows_max); ++row) {
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

    std::string changes(const GroupSeen& group, std::size_t index,
                        std::optional<Level> level) const override {
        const ChangeSet& set = group.changes[index];
        OrderedJson json{{"kind", "change_set"},
                         {"lsn", set.lsn},
                         {"tick", set.tick ? OrderedJson(*set.tick) : OrderedJson()},
                         {"bytes", group.frame_bytes[index]},
                         {"file", journal::file_name(group.address.file)},
                         {"offset", group.address.offset},
                         {"group", group.header.group},
                         {"epoch", group.header.epoch},
                         {"wall_us", group.header.wall_us},
                         {"level", level ? OrderedJson(level_name(*level)) : OrderedJson()},
                         {"defines", OrderedJson::array()},
                         {"batches", OrderedJson::array()}};
        for (const TableDefinition& definition : set.definitions) {
            json["defines"].push_back(definition.name);
        }
        for (const Batch& batch : set.batches) {
            OrderedJson& made = json["batches"].emplace_back();
            made["table"] = batch.table().name;
            made["operation"] = operation_name(batch.operation());
            made["rows"] = batch.rows();
            if (rows_max()) made["cells"] = cells_of(batch, *rows_max());
        }
        return json_line(json);
    }

    std::string end(const InspectEnd& end) const override {
        const journal::EndSeen& at = end.journal;
        const StoreWord& store = *end.store;
        return json_line(
            {{"kind", "end"},
             {"file", std::filesystem::path(at.path).filename().string()},
             {"offset", at.offset},
             {"why", at.why},
             {"state", at.path.empty() ? "empty"
                       : at.damaged    ? "damaged"
                       : at.remains    ? "torn"
                                       : "whole"},
             {"lsn", at.last},
             {"tick", end.tick ? OrderedJson(*end.tick) : OrderedJson()},
             {"change_sets", end.change_sets},
             {"durable_lsn", at.durable},
             {"stored_lsn", store.lsn ? OrderedJson(*store.lsn) : OrderedJson()},
             {"store_trouble",
              store.trouble.ok() ? OrderedJson() : OrderedJson(store.trouble.text())}});
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

std::unique_ptr<const InspectWriter> InspectWriter::text(RowsMax rows_max) {
    return std::make_unique<TextWriter>(rows_max);
}

std::unique_ptr<const InspectWriter> InspectWriter::json(RowsMax rows_max) {
    return std::make_unique<JsonWriter>(rows_max);
}

}  // namespace perdure::cli
