#include "perdure/snapshot.h"

#include <utility>

#include "base/error.h"
#include "engine/read_view.h"
#include "model/key.h"

namespace perdure {
Value FoundRow::operator[](std::string_view column) const {
    const auto at = batch_.table().find_column(column);
    return at ? batch_.value(*at, 0) : Value();
}

Snapshot::Snapshot(std::unique_ptr<engine::ReadView> view) : view_(std::move(view)) {}
Snapshot::Snapshot(Snapshot&&) noexcept = default;
Snapshot& Snapshot::operator=(Snapshot&&) noexcept = default;
Snapshot::~Snapshot() = default;

std::uint64_t Snapshot::lsn() const noexcept { return view_->lsn(); }

Result<std::optional<FoundRow>> Snapshot::find(std::string_view name, std::span<const Cell> cells) {
    PERDURE_TAKE(const TableDefinition* table, view_->table(name));
    PERDURE_TAKE(const std::string key, encode_key(*table, cells));
    PERDURE_TAKE(auto found, view_->find(*table, key, cells));
    if (!found) return std::optional<FoundRow>();
    return std::optional<FoundRow>(FoundRow(*std::move(found)));
}

Result<Batch> Snapshot::scan(std::string_view name, const Batch* after, std::uint32_t limit) {
    PERDURE_TAKE(const TableDefinition* table, view_->table(name));
    return view_->scan(*table, after, limit);
}

}  // namespace perdure
