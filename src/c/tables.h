// Tables of the C interface: what a program declares, as the model has it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "perdure/c.h"
#include "perdure/column.h"
#include "perdure/schema.h"
#include "perdure/status.h"

namespace perdure::c {

// Columns of one perdure_table, or cells of one call: room beyond what tables can have, so that
// theirs is the message.
inline constexpr std::uint64_t columns_max = 4096;

[[nodiscard]] perdure_type type_of(const ColumnType& type) noexcept;
// `unsupported`: a kind that is in no list; `invalid`: an element or count where there is none.
Status read_type(const perdure_type& given, ColumnType& type);
// Fills a builder, and validates what it then holds.
Status read_table(const perdure_table* given, Schema& schema);

}  // namespace perdure::c
