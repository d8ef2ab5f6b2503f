// Random damage to random files of small worlds, one or two at a time. PERDURE_SEED runs a failure
// again, and makes the others the same.
#include "base/random.h"
#include "base/test_run.h"
#include "jobs/sick_world.h"

namespace perdure::jobs {
namespace {

class RandomDamage : public SickWorld {
protected:
    // Says what it did.
    std::string damage_something(Random& random) {
        std::vector<std::string> victims;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(path())) {
            const std::string name = entry.path().filename().string();
            const bool counts = entry.is_regular_file() && name != "lock" &&
                                !name.ends_with("-shm") && entry.file_size() > 0;
            if (counts) victims.push_back(entry.path().string());
        }
        std::sort(victims.begin(), victims.end());
        const std::string& victim = victims[random.below(victims.size())];
        std::string bytes = bytes_of(victim);
        const std::size_t at = random.below(bytes.size());
        const std::size_t length = 1 + random.below(std::min<std::size_t>(bytes.size() - at, 9000));
        const char* what = "flipped";
        switch (random.below(5)) {
            case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8))); break;
            case 1:
                bytes.resize(at);
                what = "truncated";
                break;
            case 2:
                std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), length, '\0');
                what = "zeroed";
                break;
            case 3:
                for (std::size_t i = at; i < at + length; ++i) {
                    bytes[i] = static_cast<char>(random.below(256));
                }
                what = "overwritten";
                break;
            default: {
                const std::size_t other = random.below(bytes.size() - length + 1);
                const std::size_t apart = other < at ? at - other : other - at;
                const auto end = static_cast<std::ptrdiff_t>(at + std::min(length, apart));
                std::swap_ranges(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                 bytes.begin() + end,
                                 bytes.begin() + static_cast<std::ptrdiff_t>(other));
                what = "swapped";
            }
        }
        write_bytes(victim, bytes);
        return text::format("{} {} bytes at {} of {}; ", what, length, at,
                            std::filesystem::relative(victim, path()).string());
    }

    // What verify calls whole opens, and has the rows of the change set that it names.
    void expect_whole_is_whole(const Verdict& verdict) {
        const auto state = open_and_read();
        ASSERT_TRUE(state.has_value());
        expect_same(*state, state_at(verdict.last));
    }
    void expect_healed() {
        const Contents before = contents();
        heal();
        if (HasFailure()) return;
        expect_nothing_deleted(before, contents());
        const auto state = open_and_read();
        ASSERT_TRUE(state.has_value());
        for (const std::string& row : *state) {
            EXPECT_TRUE(lived_->ever.contains(row)) << "never was: " << row;
        }
    }
};

TEST_F(RandomDamage, is_seen_and_healed_and_no_byte_is_deleted) {
    constexpr int cases = 200;
    Random random(test_seed());
    int whole = 0;
    for (std::uint64_t number = 0; number < test_share_of(cases); ++number) {
        constexpr Life lives[] = {Life::undrained, Life::half, Life::trimmed, Life::closed};
        const auto life = lives[random.below(4)];
        fall_ill(life);
        std::string story = text::format("case {}, life {}: ", number, static_cast<int>(life));
        story += damage_something(random);
        if (random.below(3) == 0) story += damage_something(random);
        const auto verdict = judge();
        ASSERT_TRUE(verdict.ok()) << story << verdict.status().text();
        if (verdict->whole()) {
            ++whole;
            expect_whole_is_whole(*verdict);
        } else {
            expect_healed();
        }
        if (HasFailure()) {
            for (const Damage& damage : verdict->damage) story += "\n  " + damage.what;
            for (const Remedy& remedy : verdict->remedies) story += "\n  remedy " + remedy.name;
            FAIL() << story;
        }
    }
    std::cout << whole << " of them were harmless\n";
}

}  // namespace
}  // namespace perdure::jobs
