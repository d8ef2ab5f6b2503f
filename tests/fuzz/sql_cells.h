// Rows of SQL values made of an input, without a table: `SELECT ?1, ?2, …`, bound.
//
//     cell: 0 null │ 1 integer (8 bytes) │ 2 real (8 bytes) │ 3 text, 4 blob (a length, that many
//     bytes)
//
// Thread rule: one thread at a time.
#pragma once

#include <cstddef>

#include "fuzz/target.h"
#include "store/sqlite/connection.h"

namespace perdure::fuzz {

// In memory, shared by all inputs: nothing is ever stored in it but what a target stores and takes
// away.
[[nodiscard]] store::sqlite::Connection& sql_connection();

[[nodiscard]] store::sqlite::Statement select_of(std::size_t cells);

// Binds one cell to that number; it lasts as long as the input's bytes.
void bind_next_cell(store::sqlite::Statement& statement, int number, Input& input);

}  // namespace perdure::fuzz
