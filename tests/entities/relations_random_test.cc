// All that can be done with edges, at random, against a plain map of pairs; commits, refusals and
// crashes between.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"
#include "entities/graph.h"

namespace perdure::entities {
namespace {

struct EdgeModel {
    std::map<Pair, Trades> trades;
    std::map<Pair, Knows> knows;
    std::map<Pair, Follows> follows;
    std::map<Pair, Likes> likes;
    std::map<Pair, Sees> sees;

    void remove(std::uint64_t id) {
        const auto is_of = [&](const auto& edge) {
            return edge.first.first == id || edge.first.second == id;
        };
        std::erase_if(trades, is_of);
        std::erase_if(knows, is_of);
        std::erase_if(follows, is_of);
        std::erase_if(likes, is_of);
        std::erase_if(sees, is_of);
    }
};

class RandomGraph {
public:
    RandomGraph(std::uint64_t seed, std::size_t population) : random_(seed) {
        for (std::size_t born = 0; born < population; ++born) create();
    }

    void run(int steps) {
        for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
            act();
            if (random_.chance(1, 30)) end_tick();
            if (random_.chance(1, 400)) crash();
        }
        crash();
    }

private:
    void create() {
        // Some with a parent, so that trees die.
        const Entity parent = !alive_.empty() && random_.chance(1, 8) ? any() : no_entity;
        const Entity made = world_.create(EntityKind::plain, parent);
        alive_.push_back(made);
    }
    Entity any() { return alive_[random_.below(alive_.size())]; }

    void act() {
        switch (random_.below(12)) {
            case 0: destroy(); break;
            case 1: create(); break;
            case 2:
            case 3: relate(model_.trades, Trades{number(), 2}); break;
            case 4: relate(model_.knows, Knows{std::string(random_.below(9), 'k'), any()}); break;
            case 5: relate(model_.follows, Follows{}); break;
            case 6: relate(model_.likes, Likes{static_cast<std::int32_t>(number())}); break;
            case 7: relate(model_.sees, Sees{static_cast<std::uint8_t>(number())}); break;
            case 8: unrelate(); break;
            case 9: edit(); break;
            case 10: iterate(); break;
            default: look(any()); break;
        }
    }
    std::int64_t number() { return static_cast<std::int64_t>(random_.below(200)); }

    void destroy() {
        if (alive_.size() < 8) return;
        ASSERT_TRUE(world_->destroy(any()));
        std::erase_if(alive_, [&](Entity one) {
            if (world_->alive(one)) return false;
            model_.remove(one.id);
            return true;
        });
    }
    template <typename T>
    void relate(std::map<Pair, T>& model, const T& value) {
        const Entity from = any();
        const Entity to = any();
        ASSERT_TRUE(world_.relations().relate(from, to, value));
        model[{from.id, to.id}] = value;
    }
    // One that is there, mostly.
    template <typename T>
    Pair some(const std::map<Pair, T>& model) {
        const Pair wanted(any().id, any().id);
        const auto found = model.lower_bound(wanted);
        return found == model.end() || random_.chance(1, 8) ? wanted : found->first;
    }
    template <typename T>
    void unrelate(std::map<Pair, T>& model) {
        const Pair pair = some(model);
        ASSERT_EQ(world_.relations().unrelate<T>({pair.first}, {pair.second}), model.erase(pair));
    }
    void unrelate() {
        unrelate(model_.trades);
        unrelate(model_.knows);
        unrelate(model_.follows);
        unrelate(model_.likes);
        unrelate(model_.sees);
        if (!random_.chance(1, 20)) return;
        const std::uint64_t id = any().id;
        const auto gone = std::erase_if(model_.trades, [&](const auto& edge) {
            return edge.first.first == id || edge.first.second == id;
        });
        ASSERT_EQ(world_.relations().unrelate_all<Trades>({id}), gone);
    }
    void edit() {
        const Pair pair = some(model_.trades);
        Trades* const edge = world_.relations().edit<Trades>({pair.first}, {pair.second});
        const auto wanted = model_.trades.find(pair);
        ASSERT_EQ(edge != nullptr, wanted != model_.trades.end());
        if (edge == nullptr) return;
        ASSERT_EQ(*edge, wanted->second);
        edge->times += 1;
        wanted->second.times += 1;
    }
    void iterate() {
        const Entity to = any();
        std::vector<std::uint64_t> visited;
        world_.relations().each_in<Mut<Trades>>(to, [&](Entity from, Trades& edge) {
            visited.push_back(from.id);
            edge.volume += 1;
        });
        std::vector<std::uint64_t> wanted;
        for (auto& [pair, edge] : model_.trades) {
            if (pair.second != to.id) continue;
            wanted.push_back(pair.first);
            edge.volume += 1;
        }
        ASSERT_EQ(visited, wanted);
    }
    void look(Entity from) {
        std::vector<Entity> wanted;
        for (auto at = model_.knows.lower_bound({from.id, 0});
             at != model_.knows.end() && at->first.first == from.id; ++at) {
            wanted.push_back({at->first.second});
        }
        ASSERT_EQ(world_.relations().targets<Knows>(from), wanted);
        ASSERT_EQ(world_.relations().out_degree<Knows>(from), wanted.size());
    }

    // A commit, sometimes after one that was refused; sometimes everything goes out.
    void end_tick() {
        world_.now_ms += random_.below(500);
        if (random_.chance(1, 4)) {
            ASSERT_EQ(content_hash(world_.capture()), content_hash(world_.capture()));
        }
        const bool everything = random_.chance(1, 3);
        world_.commit(everything);
        if (!everything) return;
        StoredTables durable = world_.stored;
        for (const char* ephemeral : {"Glow", "Sees"}) durable.drop(ephemeral);
        ASSERT_EQ(durable.digest(), world_.registry().digest());
        ASSERT_EQ(world_.stored.edges("Sees").size(), model_.sees.size());
    }
    // Now and then in a life that knows no relations, in which somebody dies.
    void crash() {
        world_.commit(true);
        const EdgeModel committed = model_;
        relate(model_.trades, Trades{1, 1});  // and is lost
        world_.relations().unrelate_all<Follows>(any());
        const bool blind = random_.chance(1, 3);
        world_.crash(blind ? full_schema() : graph_schema());
        model_ = committed;
        model_.sees.clear();
        if (blind) {
            destroy();
            world_.commit(true);
            world_.crash(graph_schema());
        }
        ASSERT_TRUE(world_.load_status.ok()) << world_.load_status.text();
        ASSERT_TRUE(world_.remarks.empty()) << world_.remarks.front();
        compare();
    }
    template <typename T>
    void compare(const std::map<Pair, T>& model) {
        auto wanted = model.begin();
        world_.relations().each<T>([&](Entity from, Entity to, const T& value) {
            ASSERT_NE(wanted, model.end());
            ASSERT_EQ(Pair(from.id, to.id), wanted->first);
            ASSERT_EQ(value, wanted->second);
            ++wanted;
        });
        ASSERT_EQ(wanted, model.end());
        ASSERT_EQ(world_.relations().count_of<T>(), model.size());
    }
    void compare() {
        compare(model_.trades);
        compare(model_.knows);
        compare(model_.follows);
        compare(model_.likes);
        compare(model_.sees);
    }

    Random random_;
    LivingWorld world_{graph_schema()};
    EdgeModel model_;
    std::vector<Entity> alive_;
};

TEST(RelationsRandom, edges_live_as_a_plain_map_of_pairs_does) {
    Random seeds(test_seed());
    for (int life = 0; life < 6 && !testing::Test::HasFailure(); ++life) {
        RandomGraph(seeds.next(), 12).run(3000);
    }
}

TEST(RelationsRandom, edges_live_as_a_plain_map_of_pairs_does_among_many) {
    RandomGraph(test_seed(), 600).run(6000);
}

}  // namespace
}  // namespace perdure::entities
