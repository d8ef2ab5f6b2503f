// Games on two ECSs, each with Perdure under it, in one small language; and their home.
//
//     const auto ana = game().make(Position{1, 2, 3});
//     commit();
//     crash();
//     EXPECT_EQ(all(), (Rows{"2: 1 2 3"}));
#pragma once

#include <entt/entt.hpp>
#include <flecs.h>

#include "perdure/adapters/entt.h"
#include "perdure/adapters/flecs.h"
#include "world/home.h"

namespace perdure {

class EnttGame {
public:
    using Handle = entt::entity;
    static constexpr const char* name = "EnTT";

    explicit EnttGame(Keep keep) : adapter(registry, keep) {}

    Handle make() { return registry.create(); }
    void destroy(Handle one) { registry.destroy(one); }
    bool lives(Handle one) { return registry.valid(one); }
    template <typename T>
    void set(Handle one, const T& value) {
        registry.emplace_or_replace<T>(one, value);
    }
    template <typename T>
    void remove(Handle one) {
        registry.remove<T>(one);
    }
    template <typename T>
    bool has(Handle one) {
        return registry.all_of<T>(one);
    }
    template <typename T>
    T& value(Handle one) {
        return *registry.try_get<T>(one);
    }
    void let_go(Handle one) { registry.remove<KeptAs>(one); }
    void clear() { registry.clear(); }
    std::size_t size() { return registry.in_use(); }

    entt::registry registry;
    EnttAdapter<entt::registry> adapter;
};

class FlecsGame {
public:
    using Handle = flecs::entity_t;
    static constexpr const char* name = "Flecs";

    explicit FlecsGame(Keep keep) : adapter(ecs, keep) {}

    flecs::entity entity(Handle one) { return flecs::entity(ecs, one); }
    Handle make() {
        made.push_back(ecs.entity().id());
        return made.back();
    }
    void destroy(Handle one) { entity(one).destruct(); }
    bool lives(Handle one) { return entity(one).is_alive(); }
    template <typename T>
    void set(Handle one, const T& value) {
        if constexpr (std::is_empty_v<T>) {
            entity(one).add<T>();
        } else {
            entity(one).set<T>(value);
        }
    }
    template <typename T>
    void remove(Handle one) {
        entity(one).remove<T>();
    }
    template <typename T>
    bool has(Handle one) {
        return entity(one).owns<T>();
    }
    template <typename T>
    T& value(Handle one) {
        return entity(one).get_mut<T>();
    }
    void let_go(Handle one) { entity(one).remove<Kept>(); }
    void clear() {
        std::vector<Handle> all = made;
        ecs.each(ecs.component<Kept>().id(), [&](flecs::entity one) { all.push_back(one.id()); });
        for (const Handle one : all) {
            if (lives(one)) destroy(one);
        }
    }
    std::size_t size() {  // those that are in use by us, and those that are kept
        std::set<Handle> all;
        for (const Handle one : made) {
            if (lives(one)) all.insert(one);
        }
        ecs.each(ecs.component<Kept>().id(), [&](flecs::entity one) { all.insert(one.id()); });
        return all.size();
    }

    flecs::world ecs;
    std::vector<Handle> made;
    FlecsAdapter adapter;
};

inline Schema game_schema() {
    Schema schema;
    schema.component<Position>({.external = true})
        .component<Title>({.external = true})
        .component<Frozen>({.external = true})
        .component<Purse>({.external = true});
    schema.table("notes").key<std::uint64_t>("id");
    return schema;
}

template <typename Game>
class GameTest : public testing::Test {
protected:
    using Handle = typename Game::Handle;

    void SetUp() override {
        home_.know(game_schema());
        open();
    }
    // The world goes before the adapter of its game.
    void TearDown() override { home_.hold(nullptr); }

    Game& game() { return *game_; }
    Entities& entities() { return home_->entities(); }
    Entity id(Handle one) { return game_->adapter.id(one); }
    Handle handle(Entity id) { return game_->adapter.find(id).value(); }

    void begin_life() {
        home_.hold(nullptr);
        game_ = std::make_unique<Game>(keep_);
        game_->adapter.template persist<Position>()
            .template persist<Title>()
            .template persist<Frozen>()
            .template persist<Purse>();
    }
    Status try_open() {
        auto opened = game_->adapter.open(home_.directory(), home_.schema, home_.options);
        if (!opened) return opened.status();
        home_.hold(*std::move(opened));
        return {};
    }
    void open() {
        begin_life();
        const Status opened = try_open();
        ASSERT_TRUE(opened.ok()) << opened.text();
        rows_ = 0;
    }
    void crash() {
        home_.crash();
        open();
    }
    void reopen() {
        home_.close();
        open();
    }

    template <typename... Ts>
    Handle make(const Ts&... values) {
        const Handle made = game_->make();
        (game_->template set<Ts>(made, values), ...);
        return made;
    }
    void settle() {
        const Status settled = game_->adapter.settle();
        EXPECT_TRUE(settled.ok()) << settled.text();
    }
    // Ends the tick; how many rows went out with it.
    std::uint64_t commit() {
        settle();
        home_.commit();
        home_.drain();
        const std::uint64_t before = std::exchange(rows_, home_->health().rows_drained);
        return rows_ - before;
    }

    // Until commits are refused, because the store has not caught up.
    void fill_journal() {
        Status put;
        for (std::uint64_t note = 0; put.ok(); ++note) {
            put = home_.try_put("notes", {{"id", note}});
        }
        ASSERT_EQ(put.code(), Code::busy) << put.text();
    }

    // What is in the ECS and kept, in order of id: "7: 1 2 3, queen, frozen, 5 coins".
    Rows all() {
        Rows rows;
        for (std::uint64_t number = 2; number < 20'000; ++number) {
            const auto found = game_->adapter.find(Entity{number});
            if (!found) continue;
            Rows parts;
            if (game_->template has<Position>(*found)) {
                const auto& at = game_->template value<Position>(*found);
                parts.push_back(text::format("{} {} {}", at.x, at.y, at.z));
            }
            if (game_->template has<Title>(*found)) {
                parts.push_back(game_->template value<Title>(*found).text);
            }
            if (game_->template has<Frozen>(*found)) parts.emplace_back("frozen");
            if (game_->template has<Purse>(*found)) {
                const auto coins = game_->template value<Purse>(*found).coins;
                parts.push_back(text::format("{} coins", coins));
            }
            std::string row = text::format("{}:", number);
            for (std::size_t at = 0; at < parts.size(); ++at) {
                row += (at == 0 ? " " : ", ") + parts[at];
            }
            rows.push_back(row);
        }
        return rows;
    }
    std::string row(Entity of, std::string_view rest) {
        return text::format("{}: {}", of.id, rest);
    }

    // The row that the first commit of each life has besides.
    static constexpr std::uint64_t reserves_ids = 1;

    Home home_;
    Keep keep_ = Keep::all;

private:
    std::unique_ptr<Game> game_;
    std::uint64_t rows_ = 0;
};

class GameNames {
public:
    template <typename Game>
    static std::string GetName(int) {
        return Game::name;
    }
};

}  // namespace perdure
