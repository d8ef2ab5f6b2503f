// What loading rows has in common, whatever table they are of.
#pragma once

#include <cstdint>

#include "model/convert.h"
#include "perdure/batch.h"
#include "perdure/status.h"

namespace perdure::entities {

// `corrupt`: no entity can have this id.
[[nodiscard]] Status check_id(const TableDefinition& table, std::uint64_t id);
// `no_space`: memory cannot hold one more of these rows.
[[nodiscard]] Status check_room(const TableDefinition& table, std::uint32_t rows,
                                std::uint32_t rows_max);

// Rows in the columns of the table's version in force: the batch itself, or what it converts to.
class InForce {
public:
    static Result<InForce> make(const Batch& batch, const TableDefinition& table);
    [[nodiscard]] const Batch& batch() const noexcept {
        return is_converted_ ? converted_ : *given_;
    }

private:
    explicit InForce(const Batch& batch) : given_(&batch) {}

    const Batch* given_;
    Batch converted_;
    bool is_converted_ = false;
};

}  // namespace perdure::entities
