// Snapshot: a consistent view of every table at one LSN.
//
//     auto view = world.snapshot();
//     auto row = view->find("profiles", {{"name", "ana"}});  // Result<std::optional<FoundRow>>
//     if (row && *row) use((**row)["level"]);
//
// It shows what was accepted when it was taken, or, if asked, only what was durable. Tables whose
// newest rows live in memory (components) are shown as the store has them.
//
// Thread rule: one thread at a time. Lifetime: must end before the world. After 30 s it answers
// `expired`.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "perdure/batch.h"
#include "perdure/status.h"
#include "perdure/value.h"

namespace perdure {

namespace engine {
class ReadView;
}

// One row, as it was found.
class FoundRow {
public:
    explicit FoundRow(Batch batch) : batch_(std::move(batch)) {}
    // The cell of a column; null if there is no such column.
    [[nodiscard]] Value operator[](std::string_view column) const;
    [[nodiscard]] const Batch& batch() const noexcept { return batch_; }

private:
    Batch batch_;  // of one row
};

struct SnapshotOptions {
    bool durable_only = false;  // leave out what is accepted but not yet flushed
};

class Snapshot {
public:
    explicit Snapshot(std::unique_ptr<engine::ReadView> view);
    Snapshot(Snapshot&&) noexcept;
    Snapshot& operator=(Snapshot&&) noexcept;
    ~Snapshot();

    // The last LSN that it shows.
    [[nodiscard]] std::uint64_t lsn() const noexcept;
    // The row with this key. `not_found`: no such table; `invalid`: the cells are not its key. Both
    // this and scan() also answer `expired`; `corrupt` or `io` of what the store or the journal
    // cannot give.
    Result<std::optional<FoundRow>> find(std::string_view table, std::span<const Cell> key);
    Result<std::optional<FoundRow>> find(std::string_view table, std::initializer_list<Cell> key) {
        return find(table, std::span(key.begin(), key.size()));
    }
    // Up to `limit` rows in key order; the next page begins after the last row of this one.
    // `not_found`: no such table; `invalid`: a limit of 0; others as find().
    Result<Batch> scan(std::string_view table, const Batch* after = nullptr,
                       std::uint32_t limit = 10'000);

private:
    std::unique_ptr<engine::ReadView> view_;
};

}  // namespace perdure
