#include "store/fence.h"

#include <string>

#include "base/error.h"
#include "base/seeded_bug.h"

namespace perdure::store {
namespace {

std::string position(const Watermark& watermark) {
    return text::format("epoch {} LSN {} chain {}", watermark.epoch, watermark.lsn,
                        watermark.chain.hex());
}

}  // namespace

Status check_fence(std::string_view store, std::uint64_t owner_epoch, const Watermark& visible,
                   const Fence& fence) {
    if (owner_epoch > fence.owner_epoch && !seeded_bug("store: an older owner is let in")) {
        return error(
            Code::conflict,
            "{} is owned by epoch {}, and this owner has epoch {}: another owner took over; "
            "stop writing",
            store, owner_epoch, fence.owner_epoch);
    }
    const Watermark& expected = fence.expected;
    if (visible.epoch == expected.epoch && visible.lsn == expected.lsn &&
        visible.chain == expected.chain) {
        return {};
    }
    return error(
        Code::conflict,
        "{} is at {}, and {} was expected: somebody else moved it, or it is not the store of "
        "this journal",
        store, position(visible), position(expected));
}

Status check_take_over(std::string_view store, std::uint64_t owner_epoch,
                       std::uint64_t wanted_epoch) {
    if (wanted_epoch > owner_epoch) return {};
    if (wanted_epoch == owner_epoch && seeded_bug("store: an epoch takes over twice")) return {};
    return error(Code::conflict, "{} is owned by epoch {}; epoch {} is not newer", store,
                 owner_epoch, wanted_epoch);
}

}  // namespace perdure::store
