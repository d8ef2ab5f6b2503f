// Every input of every corpus, through the functions that the fuzzers run, on every compiler and
// under every sanitizer.
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <set>

#include <gtest/gtest.h>

#include "base/text.h"
#include "fuzz/seeds.h"
#include "fuzz/target.h"

namespace perdure::fuzz {

// For GoogleTest's messages.
static void PrintTo(const Target& target, std::ostream* to) { *to << target.name; }

namespace {

const std::filesystem::path corpus = "tests/fuzz/corpus";
constexpr std::uintmax_t corpus_bytes_max = 100 << 10;  // of one target: the repository stays small

struct Found {
    std::filesystem::path path;
    std::vector<std::byte> bytes;

    [[nodiscard]] bool is_seed() const { return path.filename().string().starts_with("seed-"); }
};

std::vector<Found> inputs_of(const Target& target) {
    std::vector<Found> inputs;
    for (const auto& entry : std::filesystem::directory_iterator(corpus / target.name)) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string content((std::istreambuf_iterator<char>(file)), {});
        const ByteSpan bytes = as_bytes(content);
        inputs.push_back({entry.path(), {bytes.begin(), bytes.end()}});
    }
    return inputs;
}

// An assertion of a target ends the program; this says over which input.
std::string running;
void name_running(int) {
    std::fputs("the input was: ", stderr);
    std::fputs(running.c_str(), stderr);
    std::fputs("\n", stderr);
}

class FuzzCorpus : public testing::TestWithParam<Target> {
protected:
    static void SetUpTestSuite() { std::signal(SIGABRT, name_running); }

    static Outcome run(const std::string& name, ByteSpan input) {
        running = std::string(GetParam().name) + ", " + name;
        return GetParam().run(copy_of(input));
    }
};

TEST_P(FuzzCorpus, EveryInputIsReplayed) {
    const std::vector<Found> inputs = inputs_of(GetParam());
    ASSERT_FALSE(inputs.empty()) << "no corpus; make one with: make fuzz-seeds";
    std::uintmax_t bytes = 0;
    for (const Found& input : inputs) {
        SCOPED_TRACE(input.path);
        const Outcome outcome = run(input.path, input.bytes);
        EXPECT_TRUE(outcome == Outcome::taken || !input.is_seed());
        bytes += input.bytes.size();
    }
    EXPECT_LE(bytes, corpus_bytes_max) << "minimise it: make fuzz-merge";
}

TEST_P(FuzzCorpus, WhatTheEncodersMakeIsTaken) {
    std::size_t made = 0;
    for (const Seed& seed : make_seeds()) {
        if (seed.target != GetParam().name) continue;
        EXPECT_EQ(run(seed.name, seed.bytes), Outcome::taken) << seed.name;
        ++made;
    }
    EXPECT_GT(made, 0U);
}

TEST_P(FuzzCorpus, DamagedSeedsAreRefusedOrWhole) {
    for (const Seed& seed : make_seeds()) {
        if (seed.target != GetParam().name) continue;
        static_cast<void>(run("nothing", {}));
        for (std::size_t cut = 1; cut < seed.bytes.size(); cut += 1 + seed.bytes.size() / 64) {
            const std::string where = seed.name + text::format(" at {}", cut);
            static_cast<void>(run(where + ", cut", ByteSpan(seed.bytes).first(cut)));
            std::vector<std::byte> flipped = seed.bytes;
            flipped[cut] ^= std::byte{0x41};
            static_cast<void>(run(where + ", flipped", flipped));
        }
    }
}

std::string name_of(const testing::TestParamInfo<Target>& target) {
    return std::string(target.param.name);
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzCorpus, testing::ValuesIn(targets().begin(), targets().end()),
                         name_of);

TEST(FuzzCorpora, BelongToTargets) {
    std::set<std::string> known;
    for (const Target& target : targets()) known.emplace(target.name);
    for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
        EXPECT_TRUE(known.contains(entry.path().filename())) << entry.path();
    }
}

}  // namespace
}  // namespace perdure::fuzz
