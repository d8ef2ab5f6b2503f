// Edges through journal, store and memory again.
#include "perdure/relations.h"

#include <map>
#include <utility>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"
#include "entities/registry.h"
#include "world/home.h"

namespace perdure {
namespace {

struct Owes {
    std::int64_t coins = 0;
    std::string since;
    friend bool operator==(const Owes&, const Owes&) = default;
};
PERDURE_COMPONENT(Owes, coins, since);

struct Trusts {  // without data
    friend bool operator==(const Trusts&, const Trusts&) = default;
};
PERDURE_COMPONENT(Trusts);

Schema debts_schema() {
    Schema schema = test_schema();
    schema.relation<Owes>().relation<Trusts>();
    return schema;
}

std::string live_digest(Home& home) { return home.entities().registry().digest().hex(); }

using PairOfIds = std::pair<std::uint64_t, std::uint64_t>;

std::map<PairOfIds, Owes> debts(Home& home) {
    std::map<PairOfIds, Owes> found;
    home->relations().each<Owes>([&](Entity from, Entity to, const Owes& owes) {
        found[{from.id, to.id}] = owes;
    });
    return found;
}

class RelationsOnEveryStore : public OnEveryStore {
protected:
    void SetUp() override {
        home_.know(debts_schema());
        OnEveryStore::SetUp();
    }
};

TEST_P(RelationsOnEveryStore, edges_are_rows_of_a_table_and_part_of_the_digest) {
    const Entity ana = home_.entities().create();
    const Entity bo = home_.entities().create();
    home_->relations().relate(ana, bo, Owes{5, "monday"});
    home_->relations().relate(bo, ana, Owes{7, "tuesday"});
    home_->relations().relate<Trusts>(bo, bo);
    home_.commit();
    home_.drain();
    EXPECT_EQ(home_.rows("Owes"), (Rows{"2 3 5 monday", "3 2 7 tuesday"}));
    EXPECT_EQ(home_.rows("Trusts"), Rows{"3 3"});
    auto stored = home_->digest();
    ASSERT_TRUE(stored.ok());
    const std::string before = *stored;

    home_->relations().edit<Owes>(ana, bo)->coins = 6;
    home_.commit();
    home_.drain();
    stored = home_->digest();
    ASSERT_TRUE(stored.ok());
    EXPECT_NE(*stored, before);
    home_.entities().destroy(ana);
    home_.commit();
    home_.drain();
    EXPECT_TRUE(home_.rows("Owes").empty());
    EXPECT_EQ(home_.rows("Trusts"), Rows{"3 3"});
}

TEST_P(RelationsOnEveryStore, the_same_edges_have_the_same_digest_in_memory_and_store) {
    const Entity ana = home_.entities().create();
    for (int times = 0; times < 3000; ++times) {
        home_->relations().relate(ana, home_.entities().create(), Owes{times, "today"});
    }
    home_.commit();
    home_.drain();
    EXPECT_EQ(home_->relations().count_of<Owes>(), 3000U);
    const std::string before_live = live_digest(home_);
    const auto before = home_->digest();
    home_->relations().unrelate_all<Owes>(ana);
    home_->relations().relate(ana, ana, Owes{1, ""});
    home_.commit();
    home_.drain();
    home_->relations().unrelate<Owes>(ana, ana);
    for (std::uint64_t to = 0; to < 3000; ++to) {
        home_->relations().relate(ana, Entity{ana.id + 1 + to},
                                  Owes{static_cast<std::int64_t>(to), "today"});
    }
    home_.commit();
    home_.drain();
    EXPECT_EQ(live_digest(home_), before_live);
    EXPECT_EQ(*home_->digest(), *before);
}

INSTANTIATE_TEST_SUITE_P(Stores, RelationsOnEveryStore, every_store(), store_name);

class RelationsOnDisk : public OnDisk {
protected:
    void SetUp() override {
        home_.know(debts_schema());
        OnDisk::SetUp();
        ana = home_.entities().create();
        bo = home_.entities().create();
        cy = home_.entities().create(EntityKind::plain, bo);
    }
    Relations& relations() { return home_->relations(); }

    Entity ana, bo, cy;
};

TEST_F(RelationsOnDisk, edges_come_back_from_store_and_undrained_journal) {
    relations().relate(ana, cy, Owes{1, "stored"});
    relations().relate(ana, bo, Owes{2, "stored"});
    relations().relate(cy, ana, Owes{3, "stored"});
    home_.commit();
    home_.drain();
    relations().edit<Owes>(ana, cy)->coins = 10;  // changed,
    relations().unrelate<Owes>(ana, bo);          // gone
    relations().relate(bo, ana, Owes{4, "new"});  // and new, in the journal alone
    home_.commit();
    const std::string digest = live_digest(home_);
    relations().relate(cy, cy, Owes{5, "never committed"});
    crash();
    EXPECT_EQ(debts(home_), (std::map<PairOfIds, Owes>{{{ana.id, cy.id}, {10, "stored"}},
                                                       {{bo.id, ana.id}, {4, "new"}},
                                                       {{cy.id, ana.id}, {3, "stored"}}}));
    EXPECT_EQ(live_digest(home_), digest);
    EXPECT_TRUE(home_->recovery().remarks.empty());
    EXPECT_EQ(relations().sources<Owes>(ana), (std::vector{bo, cy}));
}

TEST_F(RelationsOnDisk, edges_of_a_tree_are_erased_in_the_change_set_that_erases_it) {
    relations().relate(ana, cy, Owes{1, ""});
    relations().relate(cy, ana, Owes{2, ""});
    relations().relate(ana, ana, Owes{3, ""});
    home_.commit();
    home_.drain();
    home_.entities().destroy(bo);  // and cy
    home_.commit();
    crash();
    EXPECT_EQ(debts(home_).size(), 1U);
    home_.drain();
    home_.reopen();
    EXPECT_EQ(debts(home_).size(), 1U);
    EXPECT_TRUE(home_->recovery().remarks.empty());
}

TEST_F(RelationsOnDisk, what_a_program_does_not_know_stays_and_goes_with_its_entities) {
    relations().relate(ana, cy, Owes{1, "kept"});
    relations().relate(ana, bo, Owes{2, ""});
    relations().relate(cy, ana, Owes{3, "in the journal alone"});
    home_.commit();
    home_.know(test_schema());
    crash();
    const Entity dee = home_.entities().create();
    home_.entities().set(dee, Purse{1});
    home_.commit();
    home_.drain();
    EXPECT_EQ(home_.rows("Owes").size(), 3U);
    home_.entities().destroy(cy);
    home_.commit();
    home_.drain();
    EXPECT_EQ(home_.rows("Owes"), Rows{"2 3 2 "});
    home_.know(debts_schema());
    home_.reopen();
    EXPECT_EQ(debts(home_), (std::map<PairOfIds, Owes>{{{ana.id, bo.id}, {2, ""}}}));
}

namespace later {
struct Owes {
    std::string since;
    std::int32_t interest = 3;
    std::int64_t coins = 0;
};
PERDURE_COMPONENT(Owes, since, interest, coins);
}  // namespace later

TEST_F(RelationsOnDisk, a_struct_that_changed_finds_its_old_edges) {
    relations().relate(ana, bo, Owes{1, "old"});
    home_.commit();
    home_.drain();
    relations().relate(ana, cy, Owes{2, "old, undrained"});
    home_.commit();
    home_.crash();
    Schema changed = test_schema();
    changed.relation<later::Owes>().relation<Trusts>();
    home_.know(std::move(changed));
    home_.open();
    const later::Owes* stored = relations().get<later::Owes>(ana, bo);
    const later::Owes* undrained = relations().get<later::Owes>(ana, cy);
    ASSERT_TRUE(stored != nullptr && undrained != nullptr);
    EXPECT_EQ(stored->coins, 1);
    EXPECT_EQ(stored->interest, 3);
    EXPECT_EQ(undrained->since, "old, undrained");
}

struct View {};
PERDURE_COMPONENT_AS(View, "entities_2");

TEST_F(RelationsOnDisk, a_relation_cannot_have_the_name_of_a_view) {
    home_.close();
    Schema schema = test_schema();
    schema.relation<View>();
    home_.know(std::move(schema));
    const Status refused = home_.try_open();
    EXPECT_EQ(refused.code(), Code::invalid);
    EXPECT_NE(refused.text().find("a relation cannot be named entities_2"), std::string::npos)
        << refused.text();
}

// Against a plain map, through drains, crashes and clean ends.
TEST_F(RelationsOnDisk, a_long_life_of_edges_is_that_of_a_plain_map) {
    Random random(test_seed());
    std::vector<Entity> all{ana, bo, cy};
    for (int born = 0; born < 30; ++born) all.push_back(home_.entities().create());
    std::map<PairOfIds, Owes> model;
    for (int step = 0; step < 1500 && !HasFailure(); ++step) {
        const Entity from = all[random.below(all.size())];
        const Entity to = all[random.below(all.size())];
        switch (random.below(8)) {
            case 0:
            case 1:
            case 2:
            case 3: {
                const Owes value{static_cast<std::int64_t>(random.below(99)), "x"};
                if (relations().relate(from, to, value)) model[{from.id, to.id}] = value;
                break;
            }
            case 4: model.erase({from.id, to.id}), relations().unrelate<Owes>(from, to); break;
            case 5:
                if (random.chance(1, 20) && home_.entities().destroy(from)) {
                    std::erase_if(model, [&](const auto& edge) {
                        return !home_.entities().alive({edge.first.first}) ||
                               !home_.entities().alive({edge.first.second});
                    });
                    std::erase_if(all, [&](Entity one) { return !home_.entities().alive(one); });
                    all.push_back(home_.entities().create());
                }
                break;
            case 6:
                if (random.chance(1, 4)) home_.commit();
                if (random.chance(1, 8)) home_.drain();
                break;
            default:
                if (!random.chance(1, 25)) break;
                home_.commit();
                if (random.chance(1, 2)) {
                    crash();
                } else {
                    home_.reopen();
                }
                ASSERT_EQ(debts(home_), model);
                ASSERT_TRUE(home_->recovery().remarks.empty());
        }
    }
    EXPECT_EQ(debts(home_), model);
}

}  // namespace
}  // namespace perdure
