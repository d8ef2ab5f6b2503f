// The program's code is replaced by the world's thread while others commit and read: rows of a
// table that changes conflict or are in it, all others go through. For the thread sanitizer above
// all.
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "plugin/library.h"
#include "world/home.h"

namespace perdure {
namespace {

constexpr std::uint64_t traders = 4;
constexpr std::uint64_t first_id = 1'000'000;  // of the traders; the rules' own are below
constexpr std::uint64_t rounds_each = 15;      // of every trader, before and after

// Rows that the first rules price in text, a hundredth of what the second rules say.
Value price_of(std::uint64_t id, bool in_text) {
    if (in_text) return {std::to_string(id * 7)};
    return {static_cast<std::int64_t>(id * 700)};
}

class ReloadBesideOthers : public testing::TestWithParam<Home::Kind> {
protected:
    void SetUp() override {
        home_.options.threads = true;
        home_.options.clock = nullptr;
        home_.options.drain_interval_ms = 1;
        library_ = std::make_unique<Library>(first_path);
        home_.know(library_->schema());
        home_.open();
        TableBuilder counters("counters");
        counters.key<std::uint64_t>("id").column<std::uint64_t>("value");
        ASSERT_TRUE(home_->declare(counters).ok());
    }
    void TearDown() override {
        if (home_.is_open()) home_.close();
        home_.know(Schema());
    }

    // Of a table that stays as it is.
    void count(std::uint64_t trader, std::uint64_t value) {
        Status saved;
        do {
            Transaction transaction = home_->begin();
            ASSERT_TRUE(transaction.put("counters", {{"id", trader}, {"value", value}}).ok());
            saved = transaction.commit({.wait = value % 3 == 0}).status();
        } while (saved.code() == Code::busy);
        ASSERT_TRUE(saved.ok()) << saved.text();
    }
    // A row that nobody else has, priced as the table is just now: with a price of the other rules
    // it does not fit.
    void deal(std::uint64_t id, bool again, bool& in_text) {
        for (;; std::this_thread::yield()) {
            Transaction transaction = home_->begin();
            const Value price = price_of(id, in_text);
            const Condition condition = again ? if_equal({{"price", price}}) : if_absent();
            const Status staged =
                transaction.put("deals", {{"id", id}, {"price", price}}, condition);
            if (!staged.ok()) {
                ASSERT_EQ(staged.code(), Code::invalid) << staged.text();
                in_text = !in_text;
                continue;
            }
            const Status saved = transaction.commit({.wait = id % 5 == 0}).status();
            if (saved.ok()) return;
            ASSERT_TRUE(saved.code() == Code::conflict || saved.code() == Code::busy)
                << saved.text();
            if (saved.code() == Code::conflict) ++conflicts_;
        }
    }
    void trade(std::uint64_t trader) {
        bool in_text = true;
        for (std::uint64_t round = 0; !done_ && !HasFatalFailure(); ++round) {
            count(trader, round);
            const std::uint64_t id = first_id + round * traders + trader;
            deal(id, false, in_text);
            deal(id, true, in_text);
            rounds_[trader] = round + 1;
        }
    }
    // Every snapshot has one version of the table, and whole rows of it.
    void read() {
        while (!done_ && !HasFatalFailure()) {
            auto view = home_->snapshot();
            if (!view.ok()) continue;  // all may be taken
            auto page = view->scan("deals");
            ASSERT_TRUE(page.ok()) << page.status().text();
            while (page->rows() > 0) {
                check(*page);
                page = view->scan("deals", &*page);
                ASSERT_TRUE(page.ok()) << page.status().text();
            }
            ++views_;
        }
    }
    static void check(const Batch& page) {
        const auto column = page.table().find_column("price");
        ASSERT_TRUE(column.has_value());
        const bool in_text = page.table().columns[*column].type.kind == ColumnKind::text;
        for (std::uint32_t row = 0; row < page.rows(); ++row) {
            const auto id = page.fixed<std::uint64_t>(0, row);
            if (id < first_id) continue;
            ASSERT_EQ(page.value(*column, row), price_of(id, in_text)) << id;
        }
    }
    // Ticks, until each of the others has done so much more.
    void run() {
        std::array<std::uint64_t, traders> wanted{};
        for (std::uint64_t one = 0; one < traders; ++one) wanted[one] = rounds_[one] + rounds_each;
        const std::uint64_t views = views_ + 2;
        const auto enough = [&] {
            for (std::uint64_t one = 0; one < traders; ++one) {
                if (rounds_[one] < wanted[one]) return false;
            }
            return views_ >= views;
        };
        while (!enough() && !HasFailure()) {
            library_->run(*home_, ++tick_);
            const Status saved = home_->commit().status();
            ASSERT_TRUE(saved.ok()) << saved.text();
            home_->poll();
        }
    }
    // Rounds that all of them have done.
    std::uint64_t total() const {
        std::uint64_t sum = 0;
        for (const auto& one : rounds_) sum += one;
        return sum;
    }
    Rows all(std::string_view table) {
        Rows rows;
        auto view = home_->snapshot();
        if (!view.ok()) return {view.status().text()};
        auto page = view->scan(table);
        while (page.ok() && page->rows() > 0) {
            for (std::uint32_t row = 0; row < page->rows(); ++row) {
                rows.push_back(row_text(*page, row));
            }
            page = view->scan(table, &*page);
        }
        return rows;
    }

    Home home_{GetParam()};
    std::unique_ptr<Library> library_;
    std::uint64_t tick_ = 0;
    std::atomic<bool> done_{false};
    std::array<std::atomic<std::uint64_t>, traders> rounds_{};
    std::atomic<std::uint64_t> views_{0};
    std::atomic<std::uint64_t> conflicts_{0};
};
INSTANTIATE_TEST_SUITE_P(, ReloadBesideOthers,
                         testing::Values(Home::Kind::memory, Home::Kind::sqlite), store_name);

TEST_P(ReloadBesideOthers, rows_conflict_or_are_in_it) {
    std::vector<std::thread> others;
    for (std::uint64_t trader = 0; trader < traders; ++trader) {
        others.emplace_back([this, trader] { trade(trader); });
    }
    others.emplace_back([this] { read(); });
    run();
    const std::uint64_t before = tick_;
    home_.know(Schema());
    library_->unload();
    auto second = std::make_unique<Library>(second_path);
    const Status reloaded = home_->reload(second->schema());
    EXPECT_TRUE(reloaded.ok()) << reloaded.text();
    library_ = std::move(second);
    if (reloaded.ok()) run();
    done_ = true;
    for (std::thread& other : others) other.join();
    ASSERT_FALSE(HasFailure());

    Rows deals;
    for (std::uint64_t tick = 1; tick <= tick_; ++tick) {
        deals.push_back(text::format("{} {}", tick, tick <= before ? tick * 700 : 1));
    }
    for (std::uint64_t id = first_id; deals.size() < tick_ + total(); ++id) {
        if ((id - first_id) / traders >= rounds_[(id - first_id) % traders]) continue;
        deals.push_back(text::format("{} {}", id, id * 700));
    }
    Rows counters;
    for (std::uint64_t trader = 0; trader < traders; ++trader) {
        counters.push_back(text::format("{} {}", trader, rounds_[trader] - 1));
    }
    EXPECT_EQ(all("deals"), deals);
    EXPECT_EQ(all("counters"), counters);
    if (GetParam() == Home::Kind::memory) return;
    home_.commit({.level = Level::stored});
    home_.crash();
    home_.know(library_->schema());
    home_.open();
    EXPECT_EQ(all("deals"), deals);
    EXPECT_EQ(all("counters"), counters);
}

}  // namespace
}  // namespace perdure
