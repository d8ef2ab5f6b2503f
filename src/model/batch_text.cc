// Batches and change sets in words; the promise is in perdure/value.h.
#include <algorithm>

#include "base/quantity.h"
#include "base/text.h"
#include "model/change_set.h"
#include "model/value_text.h"
#include "perdure/batch.h"

namespace perdure {
namespace {

void append_batches(std::string& shown, const std::vector<Batch>& batches, std::string_view what,
                    const TextLimits& limits) {
    const std::size_t count = std::min<std::size_t>(batches.size(), limits.batches);
    for (std::size_t at = 0; at < count; ++at) {
        shown += "\n  ";
        shown += what;
        shown += indented(to_text(batches[at], limits));
    }
    if (count < batches.size()) {
        shown += text::format("\n  … and {} more of {} batches", batches.size() - count,
                              what.empty() ? "its" : "its ephemeral");
    }
}

}  // namespace

std::string_view operation_name(Operation operation) noexcept {
    switch (operation) {
        case Operation::upsert: return "upsert";
        case Operation::erase: return "erase";
    }
    return "unknown operation";
}

std::string to_text(const Batch& batch, std::uint32_t row, const TextLimits& limits) {
    if (batch.of_nothing() || row >= batch.rows()) return "no row";
    const std::size_t count = std::min<std::size_t>(batch.columns(), limits.columns);
    std::string shown;
    for (std::size_t column = 0; column < count; ++column) {
        const Column& of = batch.table().columns[column];
        if (column > 0) shown += "  ";
        shown += text::format("{}={}", name_text(of.name),
                              cell_text(of.type, batch.value(column, row), limits));
    }
    if (count < batch.columns()) {
        shown += (count > 0 ? "  " : "") + more_text(batch.columns() - count, "cell");
    }
    return shown;
}

std::string to_text(const Batch& batch, const TextLimits& limits) {
    if (batch.of_nothing()) return "no batch";
    std::string shown =
        text::format("{} {}: {}", operation_name(batch.operation()), name_text(batch.table().name),
                     count_text(batch.rows(), "row"));
    const std::uint32_t count = std::min(batch.rows(), limits.rows);
    for (std::uint32_t row = 0; row < count; ++row) {
        shown += "\n  " + to_text(batch, row, limits);
    }
    if (count < batch.rows()) shown += "\n  " + more_text(batch.rows() - count, "row");
    return shown;
}

std::string to_text(const ChangeSet& changes, const TextLimits& limits) {
    std::string shown = text::format("LSN {}", changes.lsn);
    if (changes.tick) shown += text::format(", tick {}", *changes.tick);
    const std::size_t batches = changes.batches.size() + changes.ephemeral.size();
    shown += text::format(": {} batch{}", count_text(batches), batches == 1 ? "" : "es");
    append_batches(shown, changes.batches, "", limits);
    append_batches(shown, changes.ephemeral, "ephemeral ", limits);
    const std::size_t count = std::min<std::size_t>(changes.definitions.size(), limits.batches);
    for (std::size_t at = 0; at < count; ++at) {
        shown += "\n  defines " + indented(to_text(changes.definitions[at], limits));
    }
    if (count < changes.definitions.size()) {
        shown += "\n  defines " + more_text(changes.definitions.size() - count, "table");
    }
    return shown;
}

}  // namespace perdure
