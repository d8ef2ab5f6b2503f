// InspectWriter: puts what an inspection finds into words; one for people, one for programs.
//
// Thread rule: a constant value.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "journal/inspect.h"

namespace perdure::cli {

class InspectWriter {
public:
    // `rows`: every row of a change set, not only how many.
    static std::unique_ptr<const InspectWriter> text(bool rows);
    static std::unique_ptr<const InspectWriter> json(bool rows);  // one object per line

    explicit InspectWriter(bool rows) : rows_(rows) {}
    virtual ~InspectWriter() = default;
    InspectWriter(const InspectWriter&) = delete;
    InspectWriter& operator=(const InspectWriter&) = delete;

    // Each gives whole lines.
    [[nodiscard]] virtual std::string file(const journal::FileFound& found,
                                           std::size_t definitions) const = 0;
    [[nodiscard]] virtual std::string changes(const journal::GroupSeen& group,
                                              std::size_t index) const = 0;
    [[nodiscard]] virtual std::string catalog(const std::vector<TableDefinition>& tables) const = 0;
    [[nodiscard]] virtual std::string remark(std::string_view text) const = 0;
    [[nodiscard]] virtual std::string damage(const Status& status) const = 0;

protected:
    [[nodiscard]] bool rows() const noexcept { return rows_; }

private:
    bool rows_;
};

}  // namespace perdure::cli
