#include "torture/findings.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/error.h"

namespace perdure::torture {

namespace {

constexpr std::uint32_t page_rows = 1000;

class Examination {
public:
    explicit Examination(Snapshot& view) : view_(view) {}

    Status transfers_of(std::uint32_t caller, std::uint64_t checked);
    Status accounts_of(std::uint32_t caller);
    Status counter();
    Status ticks();
    void beings_of(World& world);
    [[nodiscard]] Findings finish();

private:
    template <typename... Arguments>
    void fault(text::Format<Arguments...> format, Arguments&&... arguments) {
        if (findings_.faults.size() >= 20) return;
        findings_.faults.push_back(text::format(format, std::forward<Arguments>(arguments)...));
    }
    Result<std::optional<FoundRow>> row_before(std::uint32_t caller, std::uint64_t checked);
    void look_at(const Batch& rows, std::uint32_t row);

    Snapshot& view_;
    Findings findings_;
    std::uint64_t counted_ = 0;
    std::vector<Entity> born_;
};

void Examination::look_at(const Batch& rows, std::uint32_t row) {
    const auto caller = rows.fixed<std::uint32_t>(0, row);
    const auto number = rows.fixed<std::uint64_t>(1, row);
    std::uint64_t& last = findings_.transfers[caller];
    if (number != last + 1) {
        fault("transfers of caller {}: {} comes after {}", caller, number, last);
    }
    last = number;
    std::uint64_t& seen = findings_.seen[caller];
    seen = std::max(seen, rows.fixed<std::uint64_t>(2, row));
    const auto padding = rows.cell(3, row);
    const Bytes wanted = transfer_of(caller, number).padding;
    if (!std::equal(padding.begin(), padding.end(), wanted.begin(), wanted.end())) {
        fault("transfer {} of caller {} has other bytes than it was written with", number, caller);
    }
}

// The last row before the caller's rows that are to be looked at; none if they are the table's
// first.
Result<std::optional<FoundRow>> Examination::row_before(std::uint32_t caller,
                                                        std::uint64_t checked) {
    const auto find = [&](std::uint32_t whose, std::uint64_t number) {
        return view_.find("transfers", {{"caller", whose}, {"number", number}});
    };
    if (checked > 0) return find(caller, checked);
    while (caller-- > 0) {
        if (const std::uint64_t last = findings_.transfers[caller]; last > 0) {
            return find(caller, last);
        }
    }
    return std::optional<FoundRow>();
}

Status Examination::transfers_of(std::uint32_t caller, std::uint64_t checked) {
    findings_.transfers[caller] = checked;
    PERDURE_TAKE(const auto before, row_before(caller, checked));
    if (checked > 0 && !before) {
        fault("transfer {} of caller {} was there and is gone", checked, caller);
        return {};
    }
    PERDURE_TAKE(Batch page,
                 view_.scan("transfers", before ? &before->batch() : nullptr, page_rows));
    while (page.rows() > 0) {
        for (std::uint32_t row = 0; row < page.rows(); ++row) {
            if (page.fixed<std::uint32_t>(0, row) != caller) return {};
            look_at(page, row);
        }
        PERDURE_TAKE(page, view_.scan("transfers", &page, page_rows));
    }
    return {};
}

Status Examination::accounts_of(std::uint32_t caller) {
    Purse purse(caller);
    purse.advance_to(findings_.transfers[caller]);
    counted_ += purse.counted();
    for (std::uint32_t account = 0; account < accounts_each; ++account) {
        PERDURE_TAKE(const auto row,
                     view_.find("accounts", {{"account", caller * accounts_each + account}}));
        const std::int64_t balance = row ? *(*row)["balance"].get_if<std::int64_t>() : 0;
        if (balance != purse.balance(account)) {
            fault("account {} of caller {} holds {}, its {} transfers make {}", account, caller,
                  balance, purse.number(), purse.balance(account));
        }
    }
    return {};
}

Status Examination::counter() {
    PERDURE_TAKE(const auto row, view_.find("counter", {{"id", 1U}}));
    const std::uint64_t value = row ? *(*row)["value"].get_if<std::uint64_t>() : 0;
    if (value != counted_) fault("the counter is {}, the transfers make {}", value, counted_);
    return {};
}

Status Examination::ticks() {
    PERDURE_TAKE(Batch page, view_.scan("ticks", nullptr, page_rows));
    while (page.rows() > 0) {
        for (std::uint32_t row = 0; row < page.rows(); ++row) {
            const auto tick = page.fixed<std::uint64_t>(0, row);
            const Entity born{page.fixed<std::uint64_t>(1, row)};
            if (tick != findings_.tick + 1) {
                fault("tick {} comes after {}", tick, findings_.tick);
            }
            if (!born_.empty() && born <= born_.back()) {
                fault("tick {}: id {} was given after {}", tick, born.id, born_.back().id);
            }
            findings_.tick = tick;
            born_.push_back(born);
        }
        PERDURE_TAKE(page, view_.scan("ticks", &page, page_rows));
    }
    return {};
}

void Examination::beings_of(World& world) {
    std::set<Entity> alive;
    world.entities().each<Stamp>([&](Entity being, const Stamp& stamp) {
        alive.insert(being);
        if (stamp.tick != findings_.tick) {
            fault("entity {} is of tick {}, the world of {}", being.id, stamp.tick, findings_.tick);
        }
    });
    const std::size_t wanted = std::min<std::size_t>(born_.size(), beings);
    const std::set<Entity> newest(born_.end() - static_cast<std::ptrdiff_t>(wanted), born_.end());
    if (alive != newest) {
        fault("{} beings are alive, and are not the last {} that were born", alive.size(), wanted);
    }
}

Findings Examination::finish() {
    for (std::uint32_t caller = 0; caller < callers; ++caller) {
        const std::uint64_t there = findings_.transfers[neighbour(caller)];
        if (findings_.seen[caller] > there) {
            fault("caller {} had seen transfer {} of caller {} acknowledged; {} are there", caller,
                  findings_.seen[caller], neighbour(caller), there);
        }
    }
    return std::move(findings_);
}

}  // namespace

Result<Findings> examine(World& world, const std::array<std::uint64_t, callers>& checked) {
    PERDURE_TAKE(Snapshot view, world.snapshot());
    Examination examination(view);
    for (std::uint32_t caller = 0; caller < callers; ++caller) {
        PERDURE_TRY(examination.transfers_of(caller, checked[caller]));
    }
    for (std::uint32_t caller = 0; caller < callers; ++caller) {
        PERDURE_TRY(examination.accounts_of(caller));
    }
    PERDURE_TRY(examination.counter());
    PERDURE_TRY(examination.ticks());
    examination.beings_of(world);
    return examination.finish();
}

}  // namespace perdure::torture
