#include "torture/caller.h"

#include <chrono>
#include <thread>

#include "base/error.h"
#include "torture/findings.h"

namespace perdure::torture {

namespace {
constexpr std::array<std::size_t, callers> under_way_max{1, 8, 1, 32};
constexpr std::uint32_t patient = 2;  // this caller waits for the store now and then
}  // namespace

bool Shared::refused(const Status& status) {
    switch (status.code()) {
        case Code::busy:
        case Code::no_space:
            if (!is_refused_.exchange(true)) report.line("refused " + status.text());
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
            return true;
        case Code::read_only:
        case Code::unknown:
            if (!must_reopen.exchange(true)) report.line("reopen " + status.text());
            break;
        default: has_failed = true; report.line("failed " + status.text());
    }
    stop = true;
    return false;
}

void Shared::taken() {
    if (is_refused_.exchange(false)) report.line("taken");
}

Caller::Caller(World& world, Shared& shared, std::uint32_t caller, std::uint64_t found,
               std::uint64_t seed)
    : world_(world),
      shared_(shared),
      caller_(caller),
      under_way_max_(under_way_max[caller]),
      random_(seed),
      purse_(caller) {
    purse_.advance_to(found);
    shared_.acknowledged[caller] = found;
}

void Caller::run() {
    while (!shared_.stop) {
        if (!make_transfer()) continue;
        while (under_way_.size() >= under_way_max_) {
            if (!await_oldest()) return;
        }
        if (random_.chance(1, 16)) {
            std::this_thread::sleep_for(std::chrono::microseconds(random_.below(2000)));
        }
    }
    while (!under_way_.empty() && await_oldest()) {
    }
}

Status Caller::stage(Transaction& transaction, const Transfer& transfer) {
    const std::uint32_t first = caller_ * accounts_each;
    const auto put = [&](std::uint32_t account, std::int64_t balance) {
        return transaction.put("accounts", {{"account", first + account}, {"balance", balance}});
    };
    if (transfer.from != transfer.to) {
        PERDURE_TRY(put(transfer.from, purse_.balance(transfer.from) - transfer.amount));
        PERDURE_TRY(put(transfer.to, purse_.balance(transfer.to) + transfer.amount));
    }
    if (transfer.counted) {
        PERDURE_TAKE(const auto row, transaction.find("counter", std::array{Cell{"id", 1U}}));
        const std::uint64_t value = row ? row->fixed<std::uint64_t>(1, 0) : 0;
        const Condition unchanged = row ? if_equal({{"value", value}}) : if_absent();
        PERDURE_TRY(transaction.put("counter", {{"id", 1U}, {"value", value + 1}}, unchanged));
    }
    return transaction.append("transfers",
                              {{"caller", caller_},
                               {"number", purse_.number() + 1},
                               {"seen", shared_.acknowledged[neighbour(caller_)].load()},
                               {"padding", transfer.padding}});
}

bool Caller::make_transfer() {
    const std::uint64_t number = purse_.number() + 1;
    Transaction transaction = world_.begin();
    if (const Status staged = stage(transaction, transfer_of(caller_, number)); !staged.ok()) {
        shared_.refused(staged);
        return false;
    }
    shared_.report.line(text::format("try {} {}", caller_, number));
    const auto token = transaction.commit();
    if (!token) {
        if (token.status().code() != Code::conflict) shared_.refused(token.status());
        return false;
    }
    shared_.taken();
    purse_.advance_to(number);
    under_way_.emplace_back(number, *token);
    return true;
}

bool Caller::await_oldest() {
    const auto [number, token] = std::move(under_way_.front());
    under_way_.pop_front();
    const bool stored = caller_ == patient && random_.chance(1, 16);
    const Status reached = stored ? token.wait(Level::stored) : token.wait();
    // Waiting for the store ends early if the store is in trouble; the journal has it all the same.
    if (const Status status = stored && !reached.ok() ? token.wait() : reached; !status.ok()) {
        shared_.refused(status);
        return false;
    }
    shared_.acknowledged[caller_] = number;
    shared_.report.line(text::format("done {} {}", caller_, number));
    return true;
}

}  // namespace perdure::torture
