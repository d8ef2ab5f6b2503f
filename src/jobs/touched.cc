#include "jobs/touched.h"

#include <algorithm>

#include "base/text.h"

namespace perdure::jobs {

void Touched::add(const Batch& batch) {
    const TableDefinition& table = batch.table();
    tables_[table.name] += batch.rows();
    rows_ += batch.rows();
    const auto is_id = [](const Column& key) { return key.type.kind == ColumnKind::id; };
    const auto keys = table.key();  // an entity's, or those of an edge
    if (keys.size() > 2 || !std::all_of(keys.begin(), keys.end(), is_id)) return;
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        for (std::size_t key = 0; key < keys.size(); ++key) {
            if (entities_.size() >= entities_counted_max) return;
            entities_.insert(batch.fixed<std::uint64_t>(key, row));
        }
    }
}

std::vector<TouchedTable> Touched::tables() const {
    std::vector<TouchedTable> all;
    for (const auto& [name, rows] : tables_) all.push_back({name, rows, {}});
    return all;
}

std::vector<std::uint64_t> Touched::first_entities() const {
    std::vector<std::uint64_t> first;
    for (const std::uint64_t id : entities_) {
        if (first.size() == entities_shown_max) break;
        first.push_back(id);
    }
    return first;
}

std::string tables_text(const std::vector<TouchedTable>& tables) {
    std::string words;
    for (const TouchedTable& table : tables) {
        if (!words.empty()) words += ", ";
        words += text::format("{} {} {}", table.rows, table.rows == 1 ? "row of" : "rows of",
                              table.name);
        if (!table.where.empty()) words += " (" + table.where + ")";
    }
    return words.empty() ? "no rows that can be named" : words;
}

}  // namespace perdure::jobs
