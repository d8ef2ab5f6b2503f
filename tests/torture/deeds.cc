#include "torture/deeds.h"

#include "base/assert.h"
#include "base/random.h"

namespace perdure::torture {

Transfer transfer_of(std::uint32_t caller, std::uint64_t number) {
    Random random((number << 8) | caller);
    Transfer transfer;
    transfer.from = static_cast<std::uint32_t>(random.below(accounts_each));
    transfer.to = static_cast<std::uint32_t>(random.below(accounts_each));
    transfer.amount = random.range<std::int64_t>(1, 1000);
    transfer.counted = random.chance(1, 8);
    // Most are small; one in 64 spans several blocks of the journal.
    transfer.padding.resize(random.below(random.chance(1, 64) ? 20'000 : 200));
    random.fill(transfer.padding);
    return transfer;
}

void Purse::advance_to(std::uint64_t number) {
    PERDURE_ASSERT(number >= number_);
    while (number_ < number) {
        const Transfer transfer = transfer_of(caller_, ++number_);
        balances_[transfer.from] -= transfer.amount;
        balances_[transfer.to] += transfer.amount;
        if (transfer.counted) ++counted_;
    }
}

const Schema& schema() {
    static const Schema declared = [] {
        Schema made;
        made.component<Stamp>();
        made.table("accounts").key<std::uint32_t>("account").column<std::int64_t>("balance");
        made.table("counter").key<std::uint32_t>("id").column<std::uint64_t>("value");
        made.table("transfers")
            .key<std::uint32_t>("caller")
            .key<std::uint64_t>("number")
            .column<std::uint64_t>("seen")
            .column<Bytes>("padding")
            .append_only();
        made.table("ticks").key<std::uint64_t>("tick").column<Entity>("born").append_only();
        return made;
    }();
    return declared;
}

}  // namespace perdure::torture
