// What a disk does that says "done": writes that were lost, so that an older version of a block is
// there again; that went to another place of the file, or to another file of the world, alone or as
// well; that were torn. PERDURE_SEED runs a failure again.
#include "base/random.h"
#include "base/test_run.h"
#include "jobs/sick_world.h"

namespace perdure::jobs {
namespace {

enum class Fault { lost, duplicated, misdirected, torn };
constexpr const char* fault_names[] = {"lost", "duplicated", "misdirected", "torn"};

class MisplacedDamage : public SickWorld {
protected:
    // A world of the small ones, with a perdure.toml.
    void begin(Random& random) {
        constexpr Life lives[] = {Life::undrained, Life::half, Life::trimmed, Life::closed};
        const auto life = lives[random.below(4)];
        fall_ill(life);
        write_bytes(path("perdure.toml"), "[limits]\njournal_bytes_max = 4194304\n");
        story_ = text::format("life {}: ", static_cast<int>(life));
        older_.clear();
    }

    // Where blocks of this file begin, and how long they are: pages, frames of a log, blocks.
    struct Grid {
        std::uint64_t first = 0;
        std::uint64_t step = 4096;
    };
    static Grid grid_of(const std::string& name) {
        return name.ends_with("-wal") ? Grid{32, 4096 + 24} : Grid{};
    }
    struct Block {
        std::string name;  // of the file, in the world
        std::uint64_t offset = 0;
        std::uint64_t bytes = 0;
    };
    Block draw_block(Random& random, const std::string& name) const {
        const std::uint64_t size = std::filesystem::file_size(path(name));
        const Grid grid = grid_of(name);
        const std::uint64_t blocks =
            size > grid.first ? (size - grid.first + grid.step - 1) / grid.step : 0;
        if (blocks == 0) return {name, 0, size};
        const std::uint64_t offset = grid.first + random.below(blocks) * grid.step;
        return {name, offset, std::min(grid.step, size - offset)};
    }
    std::string draw_file(Random& random) const {
        const std::vector<std::string> names = names_in(path());
        return names[random.below(names.size())];
    }
    static std::vector<std::string> names_in(const std::string& world) {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(world)) {
            const std::string name = std::filesystem::relative(entry.path(), world).string();
            if (!entry.is_regular_file() || name == "lock" || name.ends_with("-shm")) continue;
            if (entry.file_size() > 0) names.push_back(name);
        }
        std::sort(names.begin(), names.end());
        return names;
    }
    [[nodiscard]] std::string read(const Block& block) const {
        return bytes_of(path(block.name)).substr(block.offset, block.bytes);
    }
    void write(const Block& block, const std::string& what) const {
        std::string bytes = bytes_of(path(block.name));
        bytes.replace(block.offset,
                      std::min<std::uint64_t>(what.size(), bytes.size() - block.offset),
                      what.substr(0, bytes.size() - block.offset));
        write_bytes(path(block.name), bytes);
    }
    // As it was half-way; zeros if there was none.
    [[nodiscard]] std::string older(const Block& block) const {
        const std::string file = lived_->middle() + "/" + block.name;
        std::string then = std::filesystem::exists(file) ? bytes_of(file) : std::string();
        then.resize(std::max<std::size_t>(then.size(), block.offset + block.bytes));
        return then.substr(block.offset, block.bytes);
    }

    // False if this changes nothing.
    bool damage(Random& random, Fault fault) {
        const Block block = draw_block(random, draw_file(random));
        Block to = block;
        std::string bytes = read(block);
        switch (fault) {
            case Fault::lost: bytes = older(block); break;
            case Fault::torn: {
                const std::uint64_t sectors = (block.bytes + 511) / 512;
                const std::uint64_t kept = random.below(sectors + 1) * 512;
                if (kept < block.bytes) bytes = bytes.substr(0, kept) + older(block).substr(kept);
                break;
            }
            case Fault::duplicated:
            case Fault::misdirected: {
                const bool same_file = random.below(2) == 0;
                to = draw_block(random, same_file ? block.name : draw_file(random));
                break;
            }
        }
        const bool old_is_back = fault == Fault::lost || fault == Fault::torn;
        if (old_is_back && block.name == "store.sqlite") older_ += block.name;
        const std::string there = read(to);
        if (there == bytes.substr(0, there.size())) return false;
        if (fault == Fault::misdirected && block.name == "store.sqlite") older_ += block.name;
        if (fault == Fault::misdirected) write(block, older(block));
        write(to, bytes);
        story_ += text::format("{} block at {} of {}", fault_names[static_cast<int>(fault)],
                               block.offset, block.name);
        if (!old_is_back) story_ += text::format(", to {} of {}", to.offset, to.name);
        return true;
    }

    void expect_nothing_made_up(const State& state) const {
        for (const std::string& row : state) {
            EXPECT_TRUE(lived_->ever.contains(row)) << "never was: " << row;
        }
    }
    // What verify calls whole has exactly the model's rows. A page of the store that is an older
    // version of itself is whole by itself: rows may be as they were then.
    void expect_whole_is_whole(const Verdict& verdict) {
        const auto state = open_and_read();
        ASSERT_TRUE(state.has_value());
        if (older_.empty()) {
            expect_same(*state, state_at(verdict.last));
        } else {
            unseen_ += *state == state_at(verdict.last) ? 0 : 1;
            expect_nothing_made_up(*state);
        }
    }
    void expect_healed() {
        const Contents before = contents();
        heal();
        if (HasFailure()) return;
        expect_nothing_deleted(before, contents());
        const auto state = open_and_read();
        ASSERT_TRUE(state.has_value());
        expect_nothing_made_up(*state);
    }

    void try_cases(Fault fault, std::uint64_t cases) {
        Random random(test_seed());
        std::uint64_t whole = 0;
        for (std::uint64_t number = 0; number < test_share_of(cases);) {
            begin(random);
            if (!damage(random, fault)) continue;
            ++number;
            const auto verdict = judge();
            ASSERT_TRUE(verdict.ok()) << story_ << verdict.status().text();
            if (verdict->whole()) {
                ++whole;
                expect_whole_is_whole(*verdict);
            } else {
                expect_healed();
            }
            if (HasFailure()) {
                for (const Damage& found : verdict->damage) story_ += "\n  " + found.what;
                for (const Remedy& remedy : verdict->remedies) story_ += "\n  " + remedy.name;
                FAIL() << "case " << number << ", " << story_;
            }
        }
        std::cout << whole << " of them were harmless, but for " << unseen_
                  << " pages of the store that were older and looked whole\n";
    }

    std::string story_;
    std::string older_;  // files of the store that have a page as it was half-way
    std::uint64_t unseen_ = 0;
};

TEST_F(MisplacedDamage, a_lost_write_is_seen_or_harmless) { try_cases(Fault::lost, 40); }
TEST_F(MisplacedDamage, a_write_to_a_second_place_is_seen_or_harmless) {
    try_cases(Fault::duplicated, 40);
}
TEST_F(MisplacedDamage, a_write_to_another_place_is_seen_or_harmless) {
    try_cases(Fault::misdirected, 40);
}
TEST_F(MisplacedDamage, a_torn_write_is_seen_or_harmless) { try_cases(Fault::torn, 40); }

}  // namespace
}  // namespace perdure::jobs
