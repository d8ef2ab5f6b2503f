// The first version of the rules.
#include "plugin/rules.h"

namespace perdure {
namespace {

struct Body {
    std::int32_t x = 1, y = 2;
    float warmth = 36.5F;
    std::uint16_t age = 0;
};
PERDURE_COMPONENT(Body, x, y, warmth, age);

struct Name {
    std::string text = "nobody in particular, told at some length";
    std::optional<std::string> nick;
    std::int32_t rank = 0;
};
PERDURE_COMPONENT(Name, text, nick, rank);

struct Same {
    std::int64_t value = 0;
};
PERDURE_COMPONENT(Same, value);

struct Likes {
    std::int32_t much = 0;
    std::string why;
};
PERDURE_COMPONENT(Likes, much, why);

struct Mood {  // relaxed
    std::int32_t level = 0;
};
PERDURE_COMPONENT(Mood, level);

struct Glow {  // ephemeral
    std::uint8_t red = 0;
};
PERDURE_COMPONENT(Glow, red);

// What the host has of it is the text.
struct Badge {
    std::string text;
};
PERDURE_COMPONENT(Badge, text);

}  // namespace

extern "C" [[gnu::visibility("default")]] void declare_rules(Schema& schema) {
    schema.category({.name = "slow", .durability = Level::relaxed, .interval_ms = 60'000})
        .category({.name = "fleeting", .durability = Level::ephemeral});
    schema.component<Body>().component<Name>().component<Same>();
    schema.component<Mood>({.category = "slow"}).component<Glow>({.category = "fleeting"});
    schema.relation<Likes>();
    schema.table("deals").key<std::uint64_t>("id").column<std::string>("price");
}

extern "C" [[gnu::visibility("default")]] void run_rules(World& world, std::uint64_t tick) {
    Entities& entities = world.entities();
    const Entity born = entities.create();
    const auto number = static_cast<std::int32_t>(tick);
    entities.set(born, Body{number, -number, 36.5F, static_cast<std::uint16_t>(tick)});
    entities.set(born, Same{number * 1000});
    entities.set(born, Mood{number});
    entities.set(born, Glow{static_cast<std::uint8_t>(tick)});
    if (tick % 2 == 0) {
        entities.set(
            born, Name{"the one who came with tick " + std::to_string(tick),
                       tick % 4 == 0 ? std::optional<std::string>("four") : std::nullopt, number});
    }
    if (tick > 1) {
        world.relations().relate(born, Entity{born.id - 1},
                                 Likes{number, "since tick " + std::to_string(tick)});
    }
    entities.each<Mut<Body>>([](Body& body) { body.x += 1; });
    static_cast<void>(
        world.tick().put("deals", {{"id", tick}, {"price", std::to_string(tick * 7)}}).ok());
}

extern "C" [[gnu::visibility("default")]] void tell_rules(World& world, std::string& to) {
    Entities& entities = world.entities();
    entities.each<Body>([&](Entity entity, const Body& body) {
        to += std::to_string(entity.id) + ": " + std::to_string(body.x) + "\n";
    });
}

extern "C" [[gnu::visibility("default")]] void declare_badges(Schema& schema,
                                                              ExternalCallbacks& answers,
                                                              Badges& badges) {
    schema.component<Badge>({.external = true});
    answers.on_entities([](std::span<const ExternalEntity>) { return Status(); })
        .on_load<Badge>([&badges](std::span<const Entity> ids, std::span<const Badge> values) {
            for (std::size_t at = 0; at < ids.size(); ++at) {
                badges[ids[at].id] = values[at].text;
            }
            return Status();
        })
        .on_read<Badge>([&badges, made = std::map<std::uint64_t, Badge>()](
                            Entity entity) mutable -> const Badge* {
            const auto found = badges.find(entity.id);
            if (found == badges.end()) return nullptr;
            return &(made[entity.id] = Badge{found->second});
        });
}

extern "C" [[gnu::visibility("default")]] void put_badge(World& world, Entity entity,
                                                         const std::string& text) {
    const Badge badge = Badge{text};
    static_cast<void>(world.external().put<Badge>({&entity, 1}, {&badge, 1}).ok());
}

extern "C" [[gnu::visibility("default")]] void change_badge(World& world, Entity entity) {
    static_cast<void>(world.external().changed<Badge>(entity));
}

}  // namespace perdure
