#include "exhaustion/exhaustion.h"

#include <algorithm>

#include "base/error.h"
#include "exhaustion/choices.h"
#include "exhaustion/small_machine.h"

namespace perdure::exhaustion {
namespace {

using simulation::Machine;
using simulation::Mishap;
using simulation::Player;
using simulation::StoreKind;

Case at_hand;

// What a beginning has lived through.
std::vector<Deed> history(Beginning beginning) {
    using enum Deed;
    switch (beginning) {
        case Beginning::closed: return {create, change, put, pay, drain, hold, close};
        case Beginning::died: return {create, put, pay, drain, change, hold, append, prepare};
        case Beginning::empty: break;
    }
    return {};
}

// What comes between the opening and the first deed that counts.
std::size_t appends_first(Beginning beginning) { return beginning == Beginning::died ? 3 : 0; }

std::uint64_t seed_of(std::uint64_t seed, const Workload& workload, std::uint64_t operation) {
    for (const Deed deed : workload.deeds) {
        seed = seed * 0x9E3779B97F4A7C15ULL + static_cast<std::uint64_t>(deed) + 1;
    }
    seed = seed * 0x9E3779B97F4A7C15ULL + static_cast<std::uint64_t>(workload.beginning);
    return seed * 0x9E3779B97F4A7C15ULL + operation;
}

// The ways in which an operation can fail; of a call to the store there is one.
std::vector<Mishap> mishaps_of(std::uint64_t at, const std::optional<io::OperationKind>& kind) {
    using io::FaultType;
    using Kind = io::OperationKind;
    std::vector<Mishap> all{{.at = at}, {.at = at, .from_then_on = true}};
    if (!kind) return all;
    if (simulation::takes_space(*kind)) {
        all.push_back({.at = at, .type = FaultType::fail_no_space});
        all.push_back({.at = at, .type = FaultType::fail_no_space, .from_then_on = true});
    }
    if (*kind == Kind::write) all.push_back({.at = at, .type = FaultType::short_write});
    if (*kind == Kind::sync) all.push_back({.at = at, .lost = true});
    return all;
}

}  // namespace

const Case& case_at_hand() noexcept { return at_hand; }

// One passage through a workload.
struct Exhaustion::Run {
    Case at;
    simulation::RunLog log;
    World world{};
    std::unique_ptr<Player> player{};
    bool counts = false;    // the deed that matters is being done
    bool crashes = false;   // the power is to fail
    bool only_one = false;  // and just as `at` says
    std::vector<std::pair<std::uint64_t, std::optional<io::OperationKind>>> operations{};
    std::optional<Finding> finding{};
};

Finding Exhaustion::finding(const Run& run, Status status) const {
    return {options_.store, run.at, std::move(status), run.log.lines()};
}

Result<const Exhaustion::World*> Exhaustion::begin(Beginning beginning) {
    const auto known = beginnings_.find(beginning);
    if (known != beginnings_.end()) return &known->second;
    World world;
    world.machine.kind = options_.store;
    if (beginning != Beginning::empty) {
        PERDURE_TRY(live_through(world.machine, world.model, history(beginning),
                                 beginning == Beginning::closed, figures_));
    }
    return &beginnings_.emplace(beginning, std::move(world)).first->second;
}

// Does the workload; the last deed, or the opening if there is none, is what counts.
Status Exhaustion::live(Run& run) {
    PERDURE_TAKE(const World* from, begin(run.at.workload.beginning));
    run.world = {from->machine.clone(), from->model};
    run.player = std::make_unique<Player>(run.world.machine, run.world.model, small_character(),
                                          Random(2), figures_, run.log);
    Player& player = *run.player;
    player.bug = options_.bug;
    player.mishap = run.at.mishap;
    player.on_operation = [&](std::string_view) {
        if (!run.counts) return;
        const io::Operation* operation = player.operation();
        run.operations.push_back(
            {player.operations(), operation ? std::optional(operation->kind) : std::nullopt});
        if (run.crashes && player.take_changed()) crash_here(run);
    };
    const std::vector<Deed>& deeds = run.at.workload.deeds;
    run.counts = deeds.empty() || run.at.whole;
    PERDURE_TRY(player.open());
    for (std::size_t more = appends_first(run.at.workload.beginning); more > 0; --more) {
        if (deeds.empty()) break;
        PERDURE_TRY(player.perform(Deed::append));
    }
    for (std::size_t at = 0; at < deeds.size() && !run.finding; ++at) {
        if (at + 1 == deeds.size()) {
            run.counts = true;
            static_cast<void>(player.take_changed());
        }
        PERDURE_TRY(player.perform(deeds[at]));
    }
    return {};
}

// --- the power fails -----------------------------------------------------------------------------

std::optional<Finding> Exhaustion::crash(const Workload& workload) {
    Run run{{.workload = workload}, simulation::RunLog(options_.log)};
    run.crashes = true;
    ++counts_.workloads;
    at_hand = run.at;
    const Status lived = live(run);
    if (!run.finding && !lived.ok()) run.finding = finding(run, lived);
    if (!run.finding) crash_here(run);
    figures_.operations += run.player->operations();
    return run.finding;
}

void Exhaustion::crash_here(Run& run) {
    Player& player = *run.player;
    if (run.finding || (run.only_one && run.at.operation != player.operations())) return;
    player.acknowledge();
    ++counts_.crash_points;
    const auto parts = run.world.machine.disk->unsynced_parts();
    const simulation::StoreHistory& store = run.world.machine.store;
    Choices choices(parts, options_.parts_max, options_.sample,
                    seed_of(options_.seed, run.at.workload, player.operations()));
    if (choices.whole()) ++counts_.whole_points;
    Case one = run.at;
    one.operation = player.operations();
    if (!run.only_one) one.kept.clear();
    const auto try_one = [&](const std::vector<bool>& kept, std::size_t calls) {
        one.kept = in_digits(kept);
        one.store_calls = calls;
        at_hand = one;
        ++counts_.crash_states;
        ++figures_.crashes;
        run.log.add("the power fails before operation {}; kept is:", one.operation);
        for (std::size_t part = 0; part < parts.size() && run.log.on(); ++part) {
            if (kept[part]) run.log.add("  {} at {}", parts[part].name, parts[part].offset);
        }
        run.log.enter();
        World left{run.world.machine.clone(), run.world.model};
        left.machine.now_ns = player.now_ns();
        left.machine.disk->crash_keeping(kept);
        left.machine.store.survive(calls);
        left.model.crash();
        const bool extreme = choices.is_extreme(kept);
        const Status recovered = recover(std::move(left), extreme, run.log);
        run.log.leave();
        if (recovered.ok()) return true;
        run.at = one;
        run.finding = finding(run, recovered);
        return false;
    };
    if (run.only_one) {
        std::vector<bool> kept = from_digits(run.at.kept);
        kept.resize(parts.size());
        static_cast<void>(try_one(kept, std::max(run.at.store_calls, store.safe())));
        return;
    }
    while (const std::vector<bool>* kept = choices.next()) {
        for (std::size_t calls = store.safe(); calls <= store.visible(); ++calls) {
            if (!try_one(*kept, calls)) return;
        }
    }
}

// `live_on`: closes and opens once more, too.
Status Exhaustion::recover(World world, bool live_on, simulation::RunLog& log) {
    Player player(world.machine, world.model, small_character(), Random(3), figures_, log);
    player.bug = options_.bug;
    PERDURE_TRY(player.open());
    if (!live_on) return {};
    player.kill();  // recovering again changes nothing
    PERDURE_TRY(player.open());
    PERDURE_TRY(player.perform(Deed::append));
    PERDURE_TRY(player.close());
    return player.open();
}

// --- something fails -----------------------------------------------------------------------------

std::optional<Finding> Exhaustion::fail(const Workload& workload, bool whole, std::uint64_t stride,
                                        std::uint64_t first) {
    ++counts_.workloads;
    Run plain{{.workload = workload, .whole = whole}, simulation::RunLog(options_.log)};
    at_hand = plain.at;
    if (const Status lived = live(plain); !lived.ok()) return finding(plain, lived);
    std::uint64_t number = 0;
    for (const auto& [operation, kind] : plain.operations) {
        for (const Mishap& mishap : mishaps_of(operation, kind)) {
            if (number++ % stride != first % stride) continue;
            Case one{.workload = workload, .whole = whole, .operation = operation};
            one.mishap = mishap;
            if (auto found = fail_once(one)) return found;
        }
    }
    return std::nullopt;
}

std::optional<Finding> Exhaustion::fail_once(const Case& one) {
    ++counts_.faults;
    at_hand = one;
    Run run{one, simulation::RunLog(options_.log)};
    Status lived = live(run);
    // What goes on failing is met once more.
    if (lived.ok() && one.mishap->from_then_on) lived = run.player->perform(Deed::pay);
    if (lived.ok()) lived = judge_after_fault(run);
    figures_.operations += run.player->operations();
    log_ = run.log.lines();
    if (lived.ok()) return std::nullopt;
    return finding(run, lived);
}

// The process dies then, or the power fails and keeps nothing. Nothing that was acknowledged is
// lost.
Status Exhaustion::judge_after_fault(Run& run) {
    run.player->acknowledge();
    for (const bool power_fails : {false, true}) {
        World left{run.world.machine.clone(), run.world.model};
        left.machine.now_ns = run.player->now_ns();
        left.model.crash();
        if (power_fails) {
            left.machine.disk->crash_losing_everything();
            left.machine.store.survive(left.machine.store.safe());
        }
        ++counts_.crash_states;
        run.log.add("{}:", power_fails ? "then the power fails" : "then the process dies");
        run.log.enter();
        const Status recovered = recover(std::move(left), true, run.log);
        run.log.leave();
        PERDURE_TRY(recovered);
    }
    return {};
}

std::optional<Finding> Exhaustion::replay(const Case& one) {
    if (one.mishap) return fail_once(one);
    Run run{one, simulation::RunLog(options_.log)};
    run.crashes = run.only_one = true;
    at_hand = one;
    const Status lived = live(run);
    if (!run.finding && !lived.ok()) run.finding = finding(run, lived);
    if (!run.finding) crash_here(run);
    log_ = run.log.lines();
    return run.finding;
}

}  // namespace perdure::exhaustion
