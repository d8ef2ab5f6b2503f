#include <algorithm>
#include <bit>
#include <utility>

#include "economy.h"

namespace economy {
namespace {

using perdure::Entity;
using perdure::Mut;
using perdure::Status;

constexpr std::size_t meetings = 400;  // in a tick
constexpr std::size_t communities = 40;
constexpr std::size_t moves = 20;               // into a community or out of it, in a tick
constexpr std::uint64_t sharing_ticks = 10;     // between two
constexpr std::uint64_t forgetting_ticks = 60;  // a trade this old is forgotten
constexpr std::uint64_t retiring_ticks = 5;
constexpr std::int64_t large_amount = 8;  // of goods; worth an event

std::uint64_t splitmix64(std::uint64_t& state) {
    std::uint64_t mixed = state += 0x9e37'79b9'7f4a'7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58'476d'1ce4'e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d0'49bb'1331'11eb;
    return mixed ^ (mixed >> 31);
}

}  // namespace

perdure::Schema schema() {
    perdure::Schema schema;
    schema.component<Agent>().component<Community>().component<Market>();
    schema.relation<Trades>().relation<Member>();
    // Coins move and never come or go: a tick that errs is refused, and says by how much.
    schema.conserve("coins", {{"Agent", "coins"}, {"Community", "pot"}},
                    {.minus = {{"Market", "minted"}}, .expected = 0, .refuse = true});
    schema.table("events")
        .key<std::uint64_t>("tick")
        .key<std::uint32_t>("number")
        .column<std::string>("what")
        .column<Entity>("who")
        .column<std::int64_t>("amount")
        .append_only();
    schema.table("summaries")
        .key<std::uint64_t>("tick")
        .column<std::int64_t>("price")
        .column<std::int64_t>("traded")
        .column<std::uint64_t>("edges")
        .append_only();
    return schema;
}

Economy::Economy(perdure::World& world)
    : world_(world), entities_(world.entities()), relations_(world.relations()) {
    find_everybody();
    if (is_populated()) market_ = *entities_.get<Market>(perdure::world_entity);
}

bool Economy::is_populated() const {
    return entities_.get<Market>(perdure::world_entity) != nullptr;
}

void Economy::find_everybody() {
    entities_.each<Agent>([&](Entity who, const Agent&) { agents_.push_back(who); });
    entities_.each<Community>([&](Entity who, const Community&) { communities_.push_back(who); });
    std::sort(agents_.begin(), agents_.end());
    std::sort(communities_.begin(), communities_.end());
}

Status Economy::populate(std::uint64_t seed, std::size_t agents) {
    for (std::uint64_t& word : market_.random) word = splitmix64(seed);
    for (std::size_t number = 0; number < agents; ++number) {
        const Entity agent = entities_.create();
        if (!agent) return {perdure::Code::no_space, "no more entities"};
        const Agent newcomer{1000, 10, static_cast<std::uint32_t>(1 + draw(3))};
        market_.minted += newcomer.coins;
        entities_.set(agent, newcomer);
        agents_.push_back(agent);
    }
    for (std::size_t number = 0; number < communities; ++number) {
        const Entity community = entities_.create();
        if (!community) return {perdure::Code::no_space, "no more entities"};
        entities_.set(community, Community{"community " + std::to_string(number), 0});
        communities_.push_back(community);
    }
    entities_.set(perdure::world_entity, market_);
    return {};
}

// xoshiro256**. The little that the remainder favours low numbers is the same in every run.
std::uint64_t Economy::draw(std::uint64_t limit) {
    auto& state = market_.random;
    const std::uint64_t drawn = std::rotl(state[1] * 5, 7) * 9;
    const std::uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = std::rotl(state[3], 45);
    return drawn % limit;
}

Status Economy::step() {
    const std::uint64_t tick = world_.next_tick();
    std::uint32_t events = 0;
    traded_ = 0;
    entities_.each<Mut<Agent>>([](Agent& agent) { agent.goods += agent.skill; });
    if (Status met = meet(tick, events); !met.ok()) return met;
    for (std::size_t move = 0; move < moves; ++move) join_or_leave(tick);
    collect_dues();
    if (tick % sharing_ticks == 0) share_pots();
    forget_old_trades(tick);
    if (tick % retiring_ticks == 0) {
        if (Status retired = retire_poorest(tick, events); !retired.ok()) return retired;
    }
    market_.price = std::clamp<std::int64_t>(market_.price + (traded_ < 900 ? -1 : 1), 2, 100);
    entities_.set(perdure::world_entity, market_);
    return summarise(tick);
}

// Who wants to buy goes to somebody known, or to anybody.
Status Economy::meet(std::uint64_t tick, std::uint32_t& events) {
    for (std::size_t meeting = 0; meeting < meetings; ++meeting) {
        const Entity buyer = agents_[draw(agents_.size())];
        Entity seller = agents_[draw(agents_.size())];
        const std::vector<Entity> known = relations_.targets<Trades>(buyer);
        if (!known.empty() && draw(2) == 0) seller = known[draw(known.size())];
        const auto amount = static_cast<std::int64_t>(1 + draw(10));
        const std::int64_t cost = amount * market_.price;
        const Agent* pays = entities_.get<Agent>(buyer);
        const Agent* sells = entities_.get<Agent>(seller);
        if (buyer == seller || pays->coins < cost || sells->goods < amount) continue;
        entities_.set(buyer, Agent{pays->coins - cost, pays->goods, pays->skill});
        entities_.set(seller, Agent{sells->coins + cost, sells->goods - amount, sells->skill});
        const Trades* before = relations_.get<Trades>(buyer, seller);
        Trades trades = before == nullptr ? Trades{} : *before;
        trades.volume += amount;
        trades.times += 1;
        trades.last_tick = tick;
        relations_.relate(buyer, seller, trades);
        traded_ += amount;
        if (amount < large_amount) continue;
        if (Status said = event(tick, events, "large trade", buyer, amount); !said.ok()) {
            return said;
        }
    }
    return {};
}

void Economy::join_or_leave(std::uint64_t tick) {
    const Entity community = communities_[draw(communities_.size())];
    const Entity agent = agents_[draw(agents_.size())];
    if (!relations_.unrelate<Member>(community, agent)) {
        relations_.relate(community, agent, Member{0, tick});
    }
}

void Economy::collect_dues() {
    for (const Entity community : communities_) {
        std::int64_t collected = 0;
        relations_.each_out<Mut<Member>>(community, [&](Entity who, Member& member) {
            Agent* agent = entities_.edit<Agent>(who);
            if (agent->coins == 0) return;
            agent->coins -= 1;
            member.paid += 1;
            collected += 1;
        });
        if (collected > 0) entities_.edit<Community>(community)->pot += collected;
    }
}

// To each member the same; the rest stays.
void Economy::share_pots() {
    for (const Entity community : communities_) {
        const auto members = static_cast<std::int64_t>(relations_.out_degree<Member>(community));
        if (members == 0) continue;
        Community* shares = entities_.edit<Community>(community);
        const std::int64_t each = std::exchange(shares->pot, shares->pot % members) / members;
        relations_.each_out<Member>(community, [&](Entity who, const Member&) {
            entities_.edit<Agent>(who)->coins += each;
        });
    }
}

void Economy::forget_old_trades(std::uint64_t tick) {
    std::vector<std::pair<Entity, Entity>> old;
    relations_.each<Trades>([&](Entity buyer, Entity seller, const Trades& trades) {
        if (trades.last_tick + forgetting_ticks < tick) old.emplace_back(buyer, seller);
    });
    for (const auto& [buyer, seller] : old) relations_.unrelate<Trades>(buyer, seller);
}

// The one with the fewest coins goes; what is left is the first community's. Its trades and
// memberships go with it.
Status Economy::retire_poorest(std::uint64_t tick, std::uint32_t& events) {
    if (agents_.size() <= 2) return {};
    const auto poorest =
        std::min_element(agents_.begin(), agents_.end(), [&](Entity left, Entity right) {
            return entities_.get<Agent>(left)->coins < entities_.get<Agent>(right)->coins;
        });
    const std::int64_t left = entities_.get<Agent>(*poorest)->coins;
    entities_.edit<Community>(communities_.front())->pot += left;
    Status said = event(tick, events, "retired", *poorest, left);
    entities_.destroy(*poorest);
    agents_.erase(poorest);
    return said;
}

Status Economy::event(std::uint64_t tick, std::uint32_t& number, const char* what, Entity who,
                      std::int64_t amount) {
    return world_.tick().append(
        "events",
        {{"tick", tick}, {"number", number++}, {"what", what}, {"who", who}, {"amount", amount}});
}

Status Economy::summarise(std::uint64_t tick) {
    const std::uint64_t edges = relations_.count_of<Trades>();
    return world_.tick().append(
        "summaries",
        {{"tick", tick}, {"price", market_.price}, {"traded", traded_}, {"edges", edges}});
}

Economy::Totals Economy::totals() {
    Totals totals{entities_.count_of<Agent>(), relations_.count_of<Trades>(),
                  relations_.count_of<Member>(), 0, 0};
    relations_.each<Trades>(
        [&](Entity, Entity, const Trades& trades) { totals.volume += trades.volume; });
    entities_.each<Agent>([&](const Agent& agent) { totals.coins += agent.coins; });
    entities_.each<Community>([&](const Community& one) { totals.coins += one.pot; });
    return totals;
}

}  // namespace economy
