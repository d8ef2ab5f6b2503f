// Touched: which tables, how many rows and which entities something concerns, for reports.
//
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/change_set.h"

namespace perdure::jobs {

struct TouchedTable {
    std::string name;
    std::uint64_t rows = 0;
    std::string where;  // key ranges, in words; empty: not known, or not of one range
};

inline constexpr std::size_t entities_shown_max = 5;
inline constexpr std::size_t entities_counted_max = 1'000'000;  // then "at least"

class Touched {
public:
    void add(const Batch& batch);
    void add(const ChangeSet& changes) {
        for (const Batch& batch : changes.batches) add(batch);
    }

    [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }
    [[nodiscard]] std::vector<TouchedTable> tables() const;  // by name
    [[nodiscard]] std::size_t entities() const noexcept { return entities_.size(); }
    [[nodiscard]] std::vector<std::uint64_t> first_entities() const;

private:
    std::uint64_t rows_ = 0;
    std::map<std::string, std::uint64_t> tables_;
    std::set<std::uint64_t> entities_;
};

// "12 rows of Purse, 3 of trades"; "no rows that can be named".
[[nodiscard]] std::string tables_text(const std::vector<TouchedTable>& tables);

}  // namespace perdure::jobs
