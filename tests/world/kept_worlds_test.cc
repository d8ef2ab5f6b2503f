// Worlds that earlier programs left, kept as files in tests/world/worlds/: each is opened by
// today's program, on a copy, and compared row by row.
//
// `make keep-worlds` makes those that are missing, and never one that is there. A new shape: a
// struct or schema as it is until now, a function that makes the world, a line in `shapes`; then
// today's program and what it must find. A shape that was kept is not changed any more.
#include <cstdlib>
#include <filesystem>

#include "world/home.h"

namespace perdure {

namespace kept_first {
struct Creature {
    std::int16_t health = 100;
    float x = 0, y = 0;
    std::string name;
};
PERDURE_COMPONENT(Creature, health, x, y, name);
}  // namespace kept_first
namespace kept_second {  // a field in the middle, two swapped, one gone, one of another name
struct Creature {
    float y = 0, x = 0;
    std::int32_t health = 100, armour = 5;
    std::string title;
};
PERDURE_COMPONENT(Creature, y, x, health, armour, title);
}  // namespace kept_second
namespace kept_today {
struct Being {
    std::string title;
    std::optional<std::int64_t> health = 100;
    std::int32_t armour = 5;
    double x = 0, y = 0;
    std::uint8_t age = 1;
    friend bool operator==(const Being&, const Being&) = default;
};
PERDURE_COMPONENT(Being, title, health, armour, x, y, age);
}  // namespace kept_today

namespace {

namespace disk = std::filesystem;

const std::string kept_place = PERDURE_SOURCE_DIRECTORY "/tests/world/worlds";

Schema first_schema() {
    Schema schema;
    schema.component<kept_first::Creature>();
    schema.table("offers").key<std::uint64_t>("id").column<std::string>("price").column<bool>(
        "open");
    schema.table("events").key<std::uint64_t>("tick").column<std::int32_t>("amount").append_only();
    return schema;
}

Schema second_schema() {
    Schema schema;
    schema.component<kept_second::Creature>();
    schema.renamed_field("Creature", "name", "title");
    schema.table("offers")
        .key<std::uint64_t>("id")
        .column<std::string>("price")
        .column<std::string>("note", {.default_value = "none"});
    schema.table("events").key<std::uint64_t>("tick").column<std::int64_t>("amount").append_only();
    return schema;
}

Result<std::int64_t> kept_cents(const std::string& text) {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos) {
        return Status(Code::invalid, "no price");
    }
    return std::int64_t{100} * std::stoll(text);
}

// Of every shape that was kept.
Schema today_schema() {
    Schema schema;
    schema.component<kept_today::Being>();
    schema.renamed("Creature", "Being").renamed_field("Being", "name", "title");
    schema.table("offers")
        .key<std::uint64_t>("id")
        .column<std::int64_t>("price")
        .column<std::string>("note", {.default_value = "none"});
    schema.convert<std::string, std::int64_t>("offers", "price", kept_cents);
    schema.table("log")
        .key<std::uint64_t>("tick")
        .column<std::optional<std::int64_t>>("amount")
        .append_only();
    schema.renamed("events", "log");
    return schema;
}

// Half of the rows go to the store, the other half stays in the journal of a world that crashes.
void fill_first(Home& home) {
    home.know(first_schema());
    home.open();
    for (int number = 1; number <= 20; ++number) {
        const Entity entity = home.entities().create();
        home.entities().set(entity, kept_first::Creature{static_cast<std::int16_t>(number * 10),
                                                         -0.0F, static_cast<float>(number) / 4,
                                                         "c" + std::to_string(number)});
        ASSERT_TRUE(home.tick().append("events", {{"tick", number}, {"amount", -number}}).ok());
        ASSERT_TRUE(
            home.tick().put("offers", {{"id", number}, {"price", std::to_string(number)}}).ok());
        home.commit();
        if (number == 10) home.drain();
    }
}

void fill_second(Home& home) {
    fill_first(home);
    home.close();
    home.know(second_schema());
    home.open();
    home.entities().each<Mut<kept_second::Creature>>([](kept_second::Creature& creature) {
        if (creature.health > 150) creature.armour = creature.health;
    });
    home.put("offers", {{"id", 3U}, {"price", "33"}, {"note", "new"}});
    home.commit();
    home.drain();
    home.append("events", {{"tick", 21U}, {"amount", std::int64_t{1} << 40}});
}

// A conversion was cut short: the version between is there, and what it converts is not.
void fill_between(Home& home) {
    fill_first(home);
    ASSERT_TRUE(home.try_put("offers", {{"id", 20U}, {"price", "dear"}}).ok());
    home.close();
    home.know(today_schema());
    ASSERT_FALSE(home.try_open().ok());
    home.know(first_schema());
}

struct Shape {
    const char* name;
    void (*fill)(Home& home);
    bool closed;
    bool second;
};
constexpr Shape shapes[] = {
    {"first_closed", fill_first, true, false},  {"first_crashed", fill_first, false, false},
    {"second_closed", fill_second, true, true}, {"second_crashed", fill_second, false, true},
    {"between", fill_between, true, false},
};

void copy_world(const disk::path& from, const disk::path& to) {
    disk::create_directories(to / "journal");
    for (const char* name : {"identity", "store.sqlite", "store.sqlite-wal"}) {
        if (disk::exists(from / name)) disk::copy_file(from / name, to / name);
    }
    disk::copy(from / "journal", to / "journal", disk::copy_options::recursive);
}

class KeptWorlds : public testing::TestWithParam<Shape> {};
INSTANTIATE_TEST_SUITE_P(, KeptWorlds, testing::ValuesIn(shapes),
                         [](const auto& shape) { return std::string(shape.param.name); });

TEST_P(KeptWorlds, are_opened_by_the_program_of_today) {
    const Shape& shape = GetParam();
    const disk::path place = disk::path(kept_place) / shape.name;
    if (std::getenv("PERDURE_KEEP_WORLDS") != nullptr && !disk::exists(place)) {
        Home old;
        old.options.journal_file_bytes = 64 << 10;
        old.options.journal_files_ahead = 1;
        shape.fill(old);
        if (old.is_open() && shape.closed) old.close();
        if (old.is_open()) old.crash();
        copy_world(old.directory(), place);
    }
    ASSERT_TRUE(disk::exists(place)) << "say make keep-worlds";
    Home home;
    copy_world(place, home.directory());
    home.know(today_schema());
    if (std::string_view(shape.name) == "between") {
        EXPECT_NE(home.try_open().message().find("20: a conversion failed: field price: no price"),
                  std::string_view::npos)
            << home.try_open().text();
        home.know(first_schema());
        home.open();
        EXPECT_EQ(home.row("offers", {{"id", 20U}}), "20 dear false");
        home.put("offers", {{"id", 20U}, {"price", "20"}});
        home.close();
        home.know(today_schema());
    }
    for (int life = 0; life < 2; ++life) {
        home.open();
        ASSERT_TRUE(home.is_open());
        EXPECT_EQ(home.rows("offers").size(), 20U);
        EXPECT_EQ(home.rows("log").size(), shape.second ? 21U : 20U);
        for (int number = 1; number <= 20; ++number) {
            const bool newer = shape.second && number == 3;
            EXPECT_EQ(home.row("offers", {{"id", number}}),
                      text::format("{} {} {}", number, newer ? 3300 : number * 100,
                                   newer ? "new" : "none"));
            EXPECT_EQ(home.row("log", {{"tick", number}}), text::format("{} {}", number, -number));
        }
        if (shape.second) {
            EXPECT_EQ(home.row("log", {{"tick", 21U}}), "21 1099511627776");
        }
        int number = 0;
        EXPECT_EQ(home.entities().count_of<kept_today::Being>(), 20U);
        home.entities().each<kept_today::Being>([&](Entity, const kept_today::Being& being) {
            ++number;
            kept_today::Being expected;
            expected.title = "c" + std::to_string(number);
            expected.health = number * 10;
            if (shape.second && number > 15) expected.armour = number * 10;
            expected.y = number / 4.0;
            EXPECT_EQ(being, expected) << number;
            EXPECT_TRUE(std::signbit(being.x)) << "-0 stays -0";
        });
        EXPECT_EQ(number, 20);
        home.close();
    }
}

}  // namespace
}  // namespace perdure
