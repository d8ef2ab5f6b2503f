#include "model/change_set.h"

namespace perdure {

std::uint64_t ChangeSet::bytes() const noexcept {
    std::uint64_t total = 0;
    for (const Batch& batch : batches) total += batch.bytes();
    for (const Batch& batch : ephemeral) total += batch.bytes();
    return total;
}

}  // namespace perdure
