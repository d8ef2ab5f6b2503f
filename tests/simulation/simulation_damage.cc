// Simulation, damage: a disk that damages what it said was flushed, while the power is off. The
// world is then what the model allows, or it says what is damaged: nothing is missing, half there
// or made up without a word.
//
// Two things nobody can tell, by these formats; docs/testing.md, "Damage to what was flushed":
//
//   - the last group of the journal that was flushed is gone or damaged, and nothing behind it
//     attests it;
//   - a page of the store's file is an older one of that page, whole and with its right checksum.
#include "simulation/damage.h"
#include "simulation/journal_end.h"
#include "simulation/simulation.h"
#include "simulation/simulation_run.h"
#include "simulation/store_pages.h"
#include "simulation/wrong.h"

namespace perdure::simulation {
namespace {

// Nothing else goes wrong, so that what is said is about the damage.
Character calm(const Character& character) {
    Character made = character;
    made.faults.clear();
    made.may_cut_transfers = false;
    made.may_interleave = false;
    return made;
}

}  // namespace

Status Simulation::judge_damage(Run& run, const Machine& machine, const Model& model,
                                Random random) {
    const auto damage = Damage::draw(random, *machine.disk, run.flushed);
    if (!damage) return {};
    const Character character = calm(run.character);
    ++figures_.damaged;
    run.log.add("the disk damages what was flushed: {}", damage->describe());
    run.log.enter();

    Machine hurt = machine.clone();
    damage->apply(*hurt.disk);
    const bool stale = !stale_pages(*machine.disk, *hurt.disk).empty();
    const Lsn attested = highest_attested(*hurt.disk);

    Model known = model;
    bool lost = false;
    Player player(hurt, known, character, random.split(), figures_, run.log);
    player.bug = options_.bug;
    player.may_be_lost = [&](Lsn lsn) {
        const auto group = find_group(*machine.disk, lsn + 1);
        lost = group && known.acknowledged() <= group->last && attested <= lsn &&
               damage->touches(group->path, group->offset, group->bytes);
        return lost;
    };
    Status opened = player.open();
    if (opened.ok()) opened = player.check_digest();
    player.kill();
    run.log.leave();
    if (opened.ok()) {
        ++(lost ? figures_.last_groups_lost : figures_.damage_harmless);
        return {};
    }
    run.log.add("it says: {}", opened.text());
    if (!is_wrong(opened)) {
        ++figures_.damage_reported;
        return {};
    }
    if (stale) {
        ++figures_.stale_pages;
        return {};
    }
    return opened.with_context(damage->describe());
}

}  // namespace perdure::simulation
