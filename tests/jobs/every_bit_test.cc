// Every bit of a journal file and of the store's catalog turned, every length that they can be cut
// to: verify notices, or the world has exactly the rows that it says.
//
//   PERDURE_EVERY_BIT=1   all of them; else one in so many, others each time
#include <cstdlib>

#include "jobs/powered_world.h"
#include "store/sqlite/connection.h"

namespace perdure::jobs {
namespace {

constexpr std::uint64_t journal_stride = 421;
constexpr std::uint64_t store_stride = 97;

class EveryBit : public PoweredWorld {
protected:
    void use(Life life) {
        fall_ill(life);
        whole_ = load();
        const auto disk = whole_->clone();
        Machine machine(*disk, seed_);
        const auto verdict = judge_on(machine);
        ASSERT_TRUE(verdict.ok() && verdict->whole() && verdict->digest);
        digest_ = *verdict->digest;
        last_ = verdict->last;
    }
    [[nodiscard]] static std::string on_disk(const std::string& name) {
        return io::join_path(place, name);
    }
    [[nodiscard]] std::string journal_name(std::size_t from_the_end) {
        const std::vector<std::string> used = journal_files();
        return "journal/" +
               std::filesystem::path(used[used.size() - from_the_end]).filename().string();
    }
    [[nodiscard]] std::uint64_t bytes_in(const std::string& name) const {
        return std::filesystem::file_size(path(name));
    }

    // All, or every how manyth, beginning somewhere.
    void each(std::uint64_t cases, std::uint64_t stride,
              const std::function<void(std::uint64_t)>& run) {
        const bool all = std::getenv("PERDURE_EVERY_BIT") != nullptr;
        const std::uint64_t step = all ? 1 : stride * test_stride();
        for (std::uint64_t number = all ? 0 : random_.below(step); number < cases; number += step) {
            run(number);
            if (HasFailure()) return;
        }
    }
    void turn_bits(const std::string& name, std::uint64_t from, std::uint64_t bytes,
                   std::uint64_t stride) {
        each(bytes * 8, stride, [&](std::uint64_t number) {
            const auto disk = whole_->clone();
            disk->flip_bit(on_disk(name), from + number / 8, static_cast<unsigned>(number % 8));
            judge_case(*disk, text::format("bit {} of byte {} of {}", number % 8, from + number / 8,
                                           name));
        });
    }
    void cut_short(const std::string& name, std::uint64_t stride) {
        each(bytes_in(name), stride, [&](std::uint64_t bytes) {
            const auto disk = whole_->clone();
            disk->truncate_at_rest(on_disk(name), bytes);
            judge_case(*disk, text::format("{} cut to {} bytes", name, bytes));
        });
    }
    void judge_case(io::MemoryFileSystem& disk, const std::string& story) {
        ++cases_;
        Result<Verdict> verdict = [&] {
            Machine machine(disk, seed_);
            return judge_on(machine);
        }();
        if (verdict.status().code() == Code::unsupported) return;
        ASSERT_TRUE(verdict.ok()) << story << ": " << verdict.status().text();
        if (!verdict->whole()) {
            EXPECT_FALSE(verdict->remedies.empty()) << story << verdict->damage.front().what;
            return;
        }
        ++whole_cases_;
        ASSERT_TRUE(verdict->digest.has_value()) << story;
        if (verdict->last == last_) {
            EXPECT_EQ(verdict->digest->hex(), digest_.hex()) << story;
            return;
        }
        const auto rows = rows_on(disk);
        ASSERT_TRUE(rows.has_value()) << story;
        expect_same(*rows, state_at(verdict->last));
        EXPECT_GE(verdict->last + 1, last_) << story;  // the last group, taken for torn
        if (HasFailure()) ADD_FAILURE() << story;
    }
    void TearDown() override {
        std::cout << cases_ << " cases, " << whole_cases_ << " of them harmless\n";
    }

    std::unique_ptr<io::MemoryFileSystem> whole_;
    Hash128 digest_;
    Lsn last_ = 0;
    std::uint64_t cases_ = 0;
    std::uint64_t whole_cases_ = 0;
};

TEST_F(EveryBit, of_a_journal_file_within_is_noticed) {
    use(Life::undrained);
    turn_bits(journal_name(3), 0, bytes_in(journal_name(3)), journal_stride);
}

TEST_F(EveryBit, of_the_last_journal_file_is_noticed_or_taken_for_torn) {
    use(Life::undrained);
    turn_bits(journal_name(1), 0, bytes_in(journal_name(1)), journal_stride);
}

TEST_F(EveryBit, every_length_of_a_journal_file_is_noticed) {
    use(Life::undrained);
    cut_short(journal_name(3), journal_stride);
    cut_short(journal_name(1), journal_stride);
}

TEST_F(EveryBit, of_the_stores_first_page_and_catalog_is_noticed) {
    use(Life::closed);
    std::int64_t catalog = 0;
    {
        auto connection = store::sqlite::Connection::open({.path = path("store.sqlite")});
        ASSERT_TRUE(connection.ok()) << connection.status().text();
        catalog = *connection->number(
            "SELECT rootpage FROM sqlite_schema WHERE name = '_perdure_catalog'");
    }
    ASSERT_GT(catalog, 1);
    turn_bits("store.sqlite", 0, 4096, store_stride);
    turn_bits("store.sqlite", static_cast<std::uint64_t>(catalog - 1) * 4096, 4096, store_stride);
}

TEST_F(EveryBit, every_length_of_the_store_is_noticed) {
    use(Life::closed);
    cut_short("store.sqlite", store_stride * 4);
}

}  // namespace
}  // namespace perdure::jobs
