// Player, its deeds: what it can be told to do. Nothing here is random.
#include <array>

#include "simulation/player.h"
#include "simulation/wrong.h"

namespace perdure::simulation {
namespace {

constexpr std::array<std::string_view, deed_count> deed_names{
    "create", "change", "destroy", "put",   "pay",  "erase",   "append", "hold",
    "flush",  "attest", "prepare", "drain", "pass", "declare", "close",  "die"};

// More than a second: a store that failed is asked again.
constexpr std::uint64_t long_pause_ns = 1'100'000'000;
constexpr std::uint64_t short_pause_ns = 60'000'000;
// A step that always finds more to do is a failure, not a test that never ends.
constexpr int steps_max = 10'000;

}  // namespace

std::string_view deed_name(Deed deed) noexcept {
    return deed_names[static_cast<std::size_t>(deed)];
}

std::optional<Deed> find_deed(std::string_view name) noexcept {
    for (std::size_t deed = 0; deed < deed_count; ++deed) {
        if (deed_names[deed] == name) return static_cast<Deed>(deed);
    }
    return std::nullopt;
}

Status Player::perform(Deed deed) {
    log_.add("{}:", deed_name(deed));
    acknowledge();
    const auto done = [&]() -> Status {
        switch (deed) {
            case Deed::create: return make_being();
            case Deed::change: return change_world();
            case Deed::destroy: return destroy_youngest();
            case Deed::put:
            case Deed::pay:
            case Deed::erase:
            case Deed::append:
            case Deed::hold: return write_rows(deed);
            case Deed::flush:
            case Deed::attest:
            case Deed::prepare:
            case Deed::drain: return work(deed);
            case Deed::pass: clock_.advance_ns(short_pause_ns); return write_held();
            case Deed::declare: return step_declare();
            case Deed::close: PERDURE_TRY(close()); break;
            case Deed::die: kill(); break;
            case Deed::count_: break;
        }
        faults_ = 0;
        return open();
    };
    Status status = done();
    working_ = Working::nothing;
    if (!status.ok()) log_.add("FAILED: {}", status.text());
    return status;
}

Status Player::make_being() {
    const Entity made = life_->entities().create(EntityKind::plain, world_entity);
    if (made.id == 0) {
        if (faults_ == 0 && !failed() && engine().health().refused_busy == 0) {
            return wrong("create() failed without a reason");
        }
        return {};
    }
    if (made.id <= model_.highest_id()) {
        return wrong("id {} was given again; {} was given before", made.id, model_.highest_id());
    }
    model_.handed_out(made.id);
    beings_.add(made.id, EntityKind::plain, world_entity.id);
    for (const ComponentKit& kit : component_kits(variant_)) {
        const auto value = static_cast<std::int32_t>(model_.last() % 100);
        beings_.all().at(made.id).components[std::string(kit.name)] =
            kit.change(life_->entities(), made, value, ChangeWay::set);
    }
    return commit_tick({}, nullptr);
}

Status Player::change_world() {
    for (const ComponentKit& kit : component_kits(variant_)) {
        const auto value = static_cast<std::int32_t>(model_.last() % 100);
        beings_.all().at(world_entity.id).components[std::string(kit.name)] =
            kit.change(life_->entities(), world_entity, value, ChangeWay::set);
    }
    return commit_tick({}, nullptr);
}

Status Player::destroy_youngest() {
    const std::uint64_t youngest = beings_.all().rbegin()->first;
    if (youngest != world_entity.id) {
        if (!life_->entities().destroy(Entity{youngest})) {
            return wrong("entity {}: destroy()", youngest);
        }
        beings_.destroy(youngest);
    }
    return commit_tick({}, nullptr);
}

// --- rows ----------------------------------------------------------------------------------------

Status Player::write_rows(Deed deed) {
    const auto row_of = [&](std::string_view table, UserChange::Kind kind, std::uint64_t number) {
        UserChange change;
        change.kind = kind;
        change.table = std::string(table);
        change.row = make_user_row(model_.newest().at(change.table)->spec, number,
                                   static_cast<std::int32_t>(model_.last() % 100));
        return change;
    };
    using Kind = UserChange::Kind;
    Transaction transaction = life_->begin();
    std::vector<UserChange> changes;
    CommitOptions options;
    switch (deed) {
        case Deed::put: changes.push_back(row_of("accounts", Kind::put, 1)); break;
        case Deed::erase: changes.push_back(row_of("accounts", Kind::erase, 1)); break;
        case Deed::pay: {
            UserChange pay = row_of("vault", Kind::put, 1);
            const Rows& rows = model_.newest().at("vault")->rows;
            pay.condition = rows.contains(pay.row.key_text) ? if_present() : if_absent();
            changes.push_back(std::move(pay));
            options.wait = true;
            break;
        }
        case Deed::append: {
            const Rows& rows = model_.newest().at("events")->rows;
            const std::uint64_t next = rows.empty() ? 3 : std::stoull(rows.rbegin()->first) + 3;
            changes.push_back(row_of("events", Kind::append, next));
            options.wait = true;
            break;
        }
        default:
            changes.push_back(row_of("trail", Kind::put, 1));
            changes.push_back(row_of("scratch", Kind::put, 1));
    }
    std::vector<Write> staged;
    for (const UserChange& change : changes) {
        PERDURE_TRY(stage(transaction, change, staged, false).status());
    }
    working_ = options.wait ? Working::journal : Working::nothing;
    return commit_transaction(transaction, std::move(staged), false, options);
}

// --- work in the background ----------------------------------------------------------------------

Status Player::work(Deed deed) {
    if (deed == Deed::attest) {
        clock_.advance_ns(short_pause_ns);
        engine().step_attest();
        return {};
    }
    if (deed == Deed::drain) clock_.advance_ns(long_pause_ns);
    for (int steps = 0; steps < steps_max; ++steps) {
        bool more = false;
        if (deed == Deed::flush) {
            more = engine().step_journal();
        } else {
            working_ = deed == Deed::drain ? Working::store : Working::prepare;
            const auto stepped =
                deed == Deed::drain ? engine().step_store() : engine().step_prepare();
            PERDURE_TRY(judge_work(stepped.status()));
            more = stepped.ok() && *stepped && !(faults_ > 0 && failed());
        }
        if (!more || deed == Deed::prepare) return {};
    }
    return wrong("{} found more to do {} times", deed_name(deed), steps_max);
}

Status Player::write_held() {
    model_.offer({.now_ms = now_ms()});
    engine().step_held();
    const Lsn last = engine().health().accepted_lsn;
    if (last == model_.last() + 1) {
        model_.accepted();
    } else {
        model_.refused();
    }
    if (last == model_.last()) return {};
    return wrong("writing what was held led to change set {} instead of {}", last, model_.last());
}

}  // namespace perdure::simulation
