#include "simulation/simulation.h"

#include "base/error.h"
#include "simulation/simulation_run.h"

namespace perdure::simulation {
namespace {

Whereabouts here;

// Seeds of neighbouring crash points must not give neighbouring numbers.
Random random_for(std::uint64_t seed, std::uint64_t operation, CrashState state) {
    Random mixed(seed * 0x9E3779B97F4A7C15ULL + operation * 4 + static_cast<std::uint64_t>(state));
    return mixed.split();
}

// With SQLite the power fails before one in so many operations: on its own files, which are most of
// them, and on others.
constexpr std::uint64_t store_operations_per_crash = 8;
constexpr std::uint64_t other_operations_per_crash = 8;

// Drawn for each operation by itself, so that one of them can be run again alone.
bool is_sampled(std::uint64_t seed, std::uint64_t operation, bool of_store) {
    constexpr std::uint64_t sampling = 0x5A4D504C494E47;  // not the numbers of the crash itself
    Random random(seed * 0x9E3779B97F4A7C15ULL + (operation ^ sampling));
    return random.chance(1, of_store ? store_operations_per_crash : other_operations_per_crash);
}

constexpr CrashState all_states[] = {CrashState::nothing, CrashState::everything, CrashState::some};

}  // namespace

const Whereabouts& whereabouts() noexcept { return here; }

std::string_view state_name(CrashState state) noexcept {
    switch (state) {
        case CrashState::nothing: return "nothing";
        case CrashState::everything: return "everything";
        case CrashState::some: break;
    }
    return "some";
}

std::string_view kind_name(StoreKind kind) noexcept {
    return kind == StoreKind::sqlite ? "sqlite" : "memory";
}

std::optional<StoreKind> find_kind(std::string_view name) noexcept {
    for (const StoreKind kind : {StoreKind::memory, StoreKind::sqlite}) {
        if (name == kind_name(kind)) return kind;
    }
    return std::nullopt;
}

std::string Failure::text() const {
    std::string all = text::format("seed {}: ", seed);
    if (operation > 0) {
        all += text::format(
            "the power failed before operation {}, {} of what was not flushed was kept: ",
            operation, state_name(state));
    }
    all += status.text() + "\n";
    for (const std::string& line : log) all.append("  ").append(line).append("\n");
    all += text::format("  run it again: perdure_simulate --seed {}", seed);
    if (store != StoreKind::memory) all += text::format(" --store {}", kind_name(store));
    if (operation > 0) all += text::format(" --crash-at {}", operation);
    return all + "\n";
}

std::optional<Failure> Simulation::run(std::uint64_t seed) {
    Random random(seed);
    Run run{seed, Character::draw(random, options_.store), RunLog(options_.log), {}, {}, {}, {}};
    run.machine.kind = options_.store;
    here = {options_.store, seed, 0, CrashState::nothing};
    ++figures_.workloads;
    run.log.add("seed {}: {}", seed, run.character.describe());
    const Status lived = live(run);
    if (!run.failure && !lived.ok()) {
        run.failure = Failure{options_.store, seed, 0, CrashState::nothing, lived, {}};
    }
    log_ = run.log.lines();
    if (run.failure) run.failure->log = log_;
    return std::move(run.failure);
}

// The workload itself. After a failed check of a crash it only goes to its end.
Status Simulation::live(Run& run) {
    Random random = random_for(run.seed, 0, CrashState::nothing);
    Player player(run.machine, run.model, run.character, random, figures_, run.log);
    player.bug = options_.bug;
    player.flushed_writes = &run.flushed;
    player.on_operation = [&](std::string_view path) {
        if (!player.take_changed()) return;
        const bool asked_for = options_.crash_at == player.operations();
        const bool of_store = is_store_file(path);
        if (options_.store == StoreKind::sqlite && !asked_for &&
            !is_sampled(run.seed, player.operations(), of_store)) {
            return;
        }
        if (of_store) ++figures_.store_crash_points;
        crash_here(run, player);
    };
    PERDURE_TRY(player.open());
    for (std::uint32_t step = 0; step < run.character.steps && !run.failure; ++step) {
        PERDURE_TRY(player.step());
    }
    if (run.failure) return {};
    PERDURE_TRY(player.settle());
    PERDURE_TRY(player.check_digest());
    PERDURE_TRY(player.close());
    crash_here(run, player);
    PERDURE_TRY(player.open());
    PERDURE_TRY(player.check_digest());
    player.kill();
    figures_.operations += player.operations();
    return {};
}

void Simulation::crash_here(Run& run, Player& player) {
    if (run.failure) return;
    const bool flushed = player.take_flushed();
    if (options_.crash_at && *options_.crash_at != player.operations()) return;
    ++figures_.crash_points;
    player.acknowledge();
    const bool one_state = !player.has_unsynced();
    if (player.has_unsynced_store()) ++figures_.store_unsynced;
    for (const CrashState state : all_states) {
        if (state == CrashState::nothing && !flushed) continue;  // recovered already
        if (state != CrashState::nothing && one_state) break;
        here.operation = player.operations();
        here.state = state;
        Random random = random_for(run.seed, player.operations(), state);
        Machine machine = run.machine.clone();
        machine.now_ns = player.now_ns();
        Model model = run.model;
        run.log.add("the power fails before operation {}; {} of what was not flushed is kept",
                    here.operation, state_name(state));
        run.log.enter();
        machine.crash(state, random);
        model.crash();
        ++figures_.crashes;
        Status recovered;
        if (options_.states_per_damage > 0 && random.chance(1, options_.states_per_damage)) {
            recovered = judge_damage(run, machine, model, random.split());
        }
        if (recovered.ok()) {
            recovered = recover(run, std::move(machine), std::move(model), random, true);
        }
        run.log.leave();
        here.operation = 0;
        if (recovered.ok()) continue;
        run.failure = Failure{options_.store, run.seed, player.operations(), state, recovered, {}};
        return;
    }
}

Status Simulation::recover(Run& run, Machine machine, Model model, Random random,
                           bool may_crash_again) {
    Character character = run.character;
    const std::uint64_t operations = operations_of_recovery(options_.store);
    std::erase_if(character.faults,
                  [&](const PlannedFault& fault) { return fault.at > operations; });
    // And what goes wrong only now, in a recovery that crashes again, too, or in the one behind it.
    while (character.faults.size() < 2 && random.chance(1, 8)) {
        character.faults.push_back(draw_fault_of_recovery(random, options_.store));
    }
    if (character.may_evolve) character.variant = draw_variant(random);
    Player player(machine, model, character, random.split(), figures_, run.log);
    player.bug = options_.bug;

    // The power may fail again in the middle.
    const std::uint64_t again_at =
        may_crash_again && random.chance(1, 4) ? random.range<std::uint64_t>(1, operations) : 0;
    Status nested;
    player.on_operation = [&](std::string_view) {
        if (player.operations() != again_at) return;
        ++figures_.nested_crashes;
        player.acknowledge();
        Machine left = machine.clone();
        left.now_ns = player.now_ns();
        Model known = model;
        const auto state = all_states[random.below(3)];
        run.log.add("the power fails again; {} of what was not flushed is kept", state_name(state));
        run.log.enter();
        left.crash(state, random);
        known.crash();
        nested = recover(run, std::move(left), std::move(known), random.split(), false);
        run.log.leave();
    };
    PERDURE_TRY(player.open());
    PERDURE_TRY(nested);
    switch (random.below(4)) {
        case 0:  // once more, without a crash: nothing changes
            player.kill();
            PERDURE_TRY(player.open());
            break;
        case 2:  // nor does it once all is in the store
            PERDURE_TRY(player.check_digest());
            PERDURE_TRY(nested);
            player.kill();
            PERDURE_TRY(player.open());
            PERDURE_TRY(player.check_digest());
            break;
        case 1: {  // life goes on
            for (std::uint64_t step = random.range(1U, 6U); step > 0; --step) {
                PERDURE_TRY(player.step());
                PERDURE_TRY(nested);
            }
            PERDURE_TRY(player.close());
            PERDURE_TRY(player.open());
            break;
        }
        default: break;
    }
    return nested;
}

}  // namespace perdure::simulation
