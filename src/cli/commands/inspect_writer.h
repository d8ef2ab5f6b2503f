// InspectWriter: puts what an inspection finds into words; one for people, one for programs.
//
// Thread rule: a constant value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/store_word.h"
#include "journal/inspect.h"

namespace perdure::cli {

// Everything that stands behind the last change set.
struct InspectEnd {
    journal::EndSeen journal;
    std::optional<std::uint64_t> tick;  // the last one that was seen
    std::uint64_t change_sets = 0;      // in the journal
    const StoreWord* store = nullptr;
};

class InspectWriter {
public:
    // Up to `rows_max` rows of each batch; nullopt: only how many there are.
    using RowsMax = std::optional<std::uint32_t>;
    static std::unique_ptr<const InspectWriter> text(RowsMax rows_max);
    static std::unique_ptr<const InspectWriter> json(RowsMax rows_max);  // one object per line

    explicit InspectWriter(RowsMax rows_max) : rows_max_(rows_max) {}
    virtual ~InspectWriter() = default;
    InspectWriter(const InspectWriter&) = delete;
    InspectWriter& operator=(const InspectWriter&) = delete;

    // Each gives whole lines.
    [[nodiscard]] virtual std::string file(const journal::FileFound& found,
                                           std::size_t definitions) const = 0;
    [[nodiscard]] virtual std::string changes(const journal::GroupSeen& group, std::size_t index,
                                              std::optional<Level> level) const = 0;
    [[nodiscard]] virtual std::string end(const InspectEnd& end) const = 0;
    [[nodiscard]] virtual std::string catalog(const std::vector<TableDefinition>& tables) const = 0;
    [[nodiscard]] virtual std::string remark(std::string_view text) const = 0;
    [[nodiscard]] virtual std::string damage(const Status& status) const = 0;

protected:
    [[nodiscard]] RowsMax rows_max() const noexcept { return rows_max_; }

private:
    RowsMax rows_max_;
};

}  // namespace perdure::cli
