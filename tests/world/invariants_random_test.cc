// Invariants against plain counting: a world whose thread ticks while others commit transactions,
// some of them refused for all kinds of reasons; and that crashes now and then.
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "base/test_run.h"
#include "world/home.h"

namespace perdure {
namespace {

struct Carries {  // on an item: by whom
    Entity who;
    double weight = 0;
};
PERDURE_COMPONENT(Carries, who, weight);

class RandomInvariants : public testing::TestWithParam<Home::Kind> {
protected:
    static constexpr std::uint64_t accounts = 6;
    static constexpr std::int64_t in_accounts = 6000;

    void SetUp() override {
        Schema schema = test_schema();
        schema.component<Carries>();
        schema.table("accounts").key<std::uint64_t>("id").column<std::int64_t>("gold");
        schema.table("owners").key<std::uint64_t>("id").column<std::uint64_t>("account");
        schema.conserve("purses", {{"Purse", "coins"}}, {.minus = {{"counters", "value"}}})
            .conserve("weight", {{"Carries", "weight"}})
            .refer("carrier", {"Carries", "who"}, "Purse", {.zero_is_none = true})
            .refer("account", {"owners", "account"}, "accounts")
            .conserve("accounts", {{"accounts", "gold"}},
                      {.expected = in_accounts, .refuse = true});
        home_.know(std::move(schema));
        home_.options.threads = true;
        home_.options.clock = nullptr;
        home_.options.drain_interval_ms = 1;
        home_.options.validator = [this](const ProposedChanges&) {
            return draw_refusal() ? Status(Code::refused, "drawn") : Status();
        };
    }
    bool draw_refusal() { return wilful_.load() && refusals_.fetch_add(1) % 7 == 3; }

    void begin_accounts() {
        Transaction transaction = home_->begin();
        for (std::uint64_t id = 0; id < accounts; ++id) {
            ASSERT_TRUE(transaction.put("accounts", {{"id", id}, {"gold", 1000}}).ok());
        }
        const auto saved = transaction.commit({.wait = true});
        ASSERT_TRUE(saved.ok()) << saved.status().text();
        home_.commit();
    }

    // One thread's transactions: from account to account, honest or not, and rows of other tables.
    void trade(std::uint64_t seed, int times) {
        std::mt19937_64 random(seed);
        for (int i = 0; i < times; ++i) {
            Transaction transaction = home_->begin();
            const std::uint64_t from = random() % accounts;
            const std::uint64_t to = random() % accounts;
            const auto left = gold_of(from);
            const auto right = gold_of(to);
            const auto amount = static_cast<std::int64_t>(random() % 50);
            const bool honest = random() % 4 != 0;
            if (random() % 3 == 0) {
                const std::uint64_t id = random() % 20;
                const auto value = static_cast<std::int64_t>(random() % 100);
                static_cast<void>(transaction.put("counters", {{"id", id}, {"value", value}}));
                const std::uint64_t account = random() % (accounts * 2);
                if (random() % 2 == 0) {
                    static_cast<void>(transaction.erase("owners", {{"id", id}}));
                } else {
                    static_cast<void>(
                        transaction.put("owners", {{"id", id}, {"account", account}}));
                }
            } else if (left && right && from != to) {
                static_cast<void>(transaction.put("accounts",
                                                  {{"id", from}, {"gold", *left - amount}},
                                                  if_equal({{"gold", *left}})));
                static_cast<void>(transaction.put(
                    "accounts", {{"id", to}, {"gold", *right + amount + (honest ? 0 : 1)}},
                    if_equal({{"gold", *right}})));
            } else {
                continue;
            }
            ++answers_[static_cast<std::size_t>(transaction.commit().status().code())];
        }
    }
    std::optional<std::int64_t> gold_of(std::uint64_t account) {
        auto view = home_->snapshot();
        if (!view.ok()) return std::nullopt;  // as many as there may be
        auto row = view->find("accounts", {{"id", account}});
        if (!row.ok() || !*row) return std::nullopt;
        const Value gold = (**row)["gold"];
        return *gold.get_if<std::int64_t>();
    }

    void tick() {
        Entities& entities = home_.entities();
        std::vector<Entity> all;
        entities.each<Purse>([&](Entity one, const Purse&) { all.push_back(one); });
        std::vector<Entity> items;
        entities.each<Carries>([&](Entity one, const Carries&) { items.push_back(one); });
        for (std::uint64_t change = random_() % 10; change > 0; --change) {
            const auto coins = static_cast<std::int64_t>(random_() % 1000) - 500;
            const Entity made = entities.create();
            switch (random_() % 5) {
                case 0: entities.set(made, Purse{coins}); break;
                case 1:
                    entities.set(made, Carries{all.empty() ? Entity{} : all[random_() % all.size()],
                                               static_cast<double>(coins) / 8});
                    break;
                case 2:
                    if (!all.empty()) entities.destroy(all[random_() % all.size()]);
                    break;
                case 3:
                    if (!items.empty()) entities.destroy(items[random_() % items.size()]);
                    break;
                default:
                    if (!all.empty()) {
                        const Entity one = all[random_() % all.size()];
                        if (entities.alive(one)) entities.set(one, Purse{coins});
                    }
            }
        }
        static_cast<void>(home_->commit());
    }

    // Every invariant, counted anew from what is there.
    Rows counted() {
        std::int64_t coins = 0;
        double weight = 0;  // multiples of an eighth: a double adds them up exactly
        std::uint64_t nobody = 0;
        std::set<std::uint64_t> purses;
        home_.entities().each<Purse>([&](Entity one, const Purse& purse) {
            purses.insert(one.id);
            coins += purse.coins;
        });
        home_.entities().each<Carries>([&](const Carries& carries) {
            weight += carries.weight;
            nobody += carries.who.id != 0 && purses.count(carries.who.id) == 0 ? 1 : 0;
        });
        auto view = home_->snapshot();
        EXPECT_TRUE(view.ok());
        std::int64_t gold = 0;
        std::uint64_t without = 0;
        auto counters = view->scan("counters");
        auto there = view->scan("accounts");
        auto owners = view->scan("owners");
        EXPECT_TRUE(counters.ok() && there.ok() && owners.ok());
        for (std::uint32_t row = 0; row < counters->rows(); ++row) {
            coins -= counters->fixed<std::int64_t>(1, row);
        }
        for (std::uint32_t row = 0; row < there->rows(); ++row) {
            gold += there->fixed<std::int64_t>(1, row);
        }
        for (std::uint32_t row = 0; row < owners->rows(); ++row) {
            without += owners->fixed<std::uint64_t>(1, row) >= accounts ? 1 : 0;
        }
        return {text::format("purses {}", coins), text::format("weight {}", weight),
                text::format("carrier {}", nobody), text::format("account {}", without),
                text::format("accounts {}", gold)};
    }
    Rows watched() {
        Rows rows;
        for (const InvariantResult& one : home_->invariants()) {
            rows.push_back(one.name + ' ' + one.found);
        }
        return rows;
    }

    Home home_{GetParam()};
    std::mt19937_64 random_{test_seed()};
    std::atomic<bool> wilful_{false};
    std::atomic<std::uint64_t> refusals_{0};
    std::array<std::atomic<int>, 20> answers_{};
};
INSTANTIATE_TEST_SUITE_P(, RandomInvariants, every_store(), store_name);

TEST_P(RandomInvariants, agree_with_counting_anew_through_refusals_and_crashes) {
    home_.open();
    begin_accounts();
    const std::uint64_t lives = GetParam() == Home::Kind::sqlite ? 4 : 1;
    for (std::uint64_t life = 0; life < lives; ++life) {
        EXPECT_EQ(watched(), counted()) << "life " << life;
        wilful_ = true;
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 3; ++thread) {
            threads.emplace_back([this, seed = random_()] { trade(seed, 150); });
        }
        for (int i = 0; i < 100; ++i) tick();
        threads.clear();
        wilful_ = false;
        home_.commit();
        EXPECT_EQ(watched(), counted()) << "life " << life;
        EXPECT_EQ(home_->invariants().back().found, text::format("{}", in_accounts));
        if (HasFailure()) return;
        if (life % 2 == 0) {
            for (int i = 0; i < 5; ++i) tick();  // may be lost
        }
        if (lives == 1) return;
        home_.crash();
        home_.open();
    }
    EXPECT_EQ(watched(), counted());
    EXPECT_GT(answers_[static_cast<std::size_t>(Code::refused)], 0);
    EXPECT_GT(answers_[static_cast<std::size_t>(Code::ok)], 0);
}

}  // namespace
}  // namespace perdure
