// The second version: a field inserted in the middle, one removed, one widened, one renamed, one
// converted, in components, a relation and a table; and a component that the first did not have.
#include "plugin/rules.h"

namespace perdure {
namespace {

struct Body {
    std::int32_t x = 1;
    std::string mark = "unmarked, as the initialiser of the second version has it";
    std::int64_t y = 2;         // widened
    std::uint16_t winters = 0;  // was `age`; `warmth` is gone
};
PERDURE_COMPONENT(Body, x, mark, y, winters);

struct Name {
    std::optional<std::string> nick;
    std::string text = "nobody in particular, told at some length";
    std::string rank = "none";  // was a number
};
PERDURE_COMPONENT(Name, nick, text, rank);

struct Same {
    std::int64_t value = 0;
};
PERDURE_COMPONENT(Same, value);

struct Likes {
    std::string why;
    std::int64_t much = 0;
    std::int32_t fresh = 9;
};
PERDURE_COMPONENT(Likes, why, much, fresh);

struct Mood {
    double sway = 0.5;
    std::int64_t level = 0;
};
PERDURE_COMPONENT(Mood, sway, level);

struct Glow {
    std::uint8_t blue = 3;
    std::uint8_t red = 0;
};
PERDURE_COMPONENT(Glow, blue, red);

struct Later {
    std::string note = "new";
};
PERDURE_COMPONENT(Later, note);

struct Badge {
    std::int64_t worn = 7;
    std::string text;
};
PERDURE_COMPONENT(Badge, worn, text);

}  // namespace

extern "C" [[gnu::visibility("default")]] void declare_rules(Schema& schema) {
    schema.category({.name = "slow", .durability = Level::relaxed, .interval_ms = 60'000})
        .category({.name = "fleeting", .durability = Level::ephemeral});
    schema.component<Body>().component<Name>().component<Same>().component<Later>();
    schema.component<Mood>({.category = "slow"}).component<Glow>({.category = "fleeting"});
    schema.relation<Likes>();
    schema.table("deals").key<std::uint64_t>("id").column<std::int64_t>("price");
    schema.renamed_field("Body", "age", "winters");
    schema.convert<std::int32_t, std::string>(
        "Name", "rank",
        [](std::int32_t rank) -> Result<std::string> { return "rank " + std::to_string(rank); });
    schema.convert<std::string, std::int64_t>("deals", "price",
                                              [](const std::string& text) -> Result<std::int64_t> {
                                                  if (text.empty())
                                                      return Status(Code::invalid, "no price");
                                                  return std::int64_t{100} * std::stoll(text);
                                              });
}

extern "C" [[gnu::visibility("default")]] void run_rules(World& world, std::uint64_t tick) {
    Entities& entities = world.entities();
    const Entity born = entities.create();
    const auto number = static_cast<std::int32_t>(tick);
    entities.set(born, Body{number, "second", -number, static_cast<std::uint16_t>(tick)});
    entities.set(born, Later{"tick " + std::to_string(tick)});
    entities.each<Mut<Body>>([](Body& body) { body.x += 2; });
    static_cast<void>(world.tick().put("deals", {{"id", tick}, {"price", std::int64_t{1}}}).ok());
}

extern "C" [[gnu::visibility("default")]] void tell_rules(World& world, std::string& to) {
    Entities& entities = world.entities();
    const auto add = [&](Entity entity, std::string_view what, const auto&... values) {
        to += std::to_string(entity.id) + " " + std::string(what);
        ((to += " ", to += values), ...);
        to += "\n";
    };
    entities.each<Body>([&](Entity entity, const Body& body) {
        add(entity, "body", std::to_string(body.x), body.mark, std::to_string(body.y),
            std::to_string(body.winters));
    });
    entities.each<Name>([&](Entity entity, const Name& name) {
        add(entity, "name", name.nick.value_or("-"), name.text, name.rank);
    });
    entities.each<Same>(
        [&](Entity entity, const Same& same) { add(entity, "same", std::to_string(same.value)); });
    entities.each<Later>(
        [&](Entity entity, const Later& later) { add(entity, "later", later.note); });
    entities.each<Mood>([&](Entity entity, const Mood& mood) {
        add(entity, "mood", std::to_string(mood.level), mood.sway == 0.5 ? "half" : "?");
    });
    entities.each<Glow>([&](Entity entity, const Glow& glow) {
        add(entity, "glow", std::to_string(glow.red), std::to_string(glow.blue));
    });
    world.relations().each<Likes>([&](Entity from, Entity other, const Likes& likes) {
        add(from, "likes", std::to_string(other.id), likes.why, std::to_string(likes.much),
            std::to_string(likes.fresh));
    });
}

extern "C" [[gnu::visibility("default")]] void declare_badges(Schema& schema,
                                                              ExternalCallbacks& answers,
                                                              Badges& badges) {
    schema.component<Badge>({.external = true});
    answers.on_entities([](std::span<const ExternalEntity>) { return Status(); })
        .on_load<Badge>([&badges](std::span<const Entity> ids, std::span<const Badge> values) {
            for (std::size_t at = 0; at < ids.size(); ++at) {
                badges[ids[at].id] = values[at].text + " " + std::to_string(values[at].worn);
            }
            return Status();
        })
        .on_read<Badge>([&badges, made = std::map<std::uint64_t, Badge>()](
                            Entity entity) mutable -> const Badge* {
            const auto found = badges.find(entity.id);
            if (found == badges.end()) return nullptr;
            return &(made[entity.id] = Badge{8, found->second});
        });
}

extern "C" [[gnu::visibility("default")]] void put_badge(World& world, Entity entity,
                                                         const std::string& text) {
    const Badge badge = Badge{9, text};
    static_cast<void>(world.external().put<Badge>({&entity, 1}, {&badge, 1}).ok());
}

extern "C" [[gnu::visibility("default")]] void change_badge(World& world, Entity entity) {
    static_cast<void>(world.external().changed<Badge>(entity));
}

}  // namespace perdure
