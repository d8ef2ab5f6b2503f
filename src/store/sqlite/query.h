// run_query: an answer for people who ask a store in SQL. Reads only, whatever is asked.
//
// Thread rule: any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "perdure/status.h"
#include "perdure/value.h"

namespace perdure::store::sqlite {

struct QueryOptions {
    std::uint64_t rows_max = 1'000'000;    // more are cut off, and the answer says so
    std::uint64_t bytes_max = 1ULL << 30;  // of all cells
    // A query holds a read transaction, and so keeps the owner's checkpoint from completing:
    // `expired`.
    std::uint32_t seconds_max = 30;
    // The store has no owner and no log: the file is read as it lies there, and nothing is made
    // beside it. Of a store that somebody writes the answer may be wrong.
    bool at_rest = false;
};

struct QueryAnswer {
    std::vector<std::string> columns;
    std::vector<std::vector<Value>> rows;  // integers, doubles, text, bytes, null
    bool cut_off = false;
};

// One statement, on a private copy or beside a running owner. `invalid` says what is wrong with the
// SQL, or that it would do more than read.
Result<QueryAnswer> run_query(const std::string& path, const std::string& sql,
                              const QueryOptions& options = {});

}  // namespace perdure::store::sqlite
