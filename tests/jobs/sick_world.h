// A world of some journal files and some pages per table, whose rows a plain model knows after
// every change set; lived once, copied for every case, damaged, judged, repaired and opened.
//
//     fall_ill(Life::undrained);
//     flip(journal_file(3), 9000);
//     heal();
//     expect_state_of(kept);
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/text.h"
#include "engine/engine.h"
#include "io/posix_file_system.h"
#include "io/temporary_directory.h"
#include "jobs/repair.h"
#include "jobs/verify.h"
#include "journal/inspect.h"
#include "perdure/perdure.h"

namespace perdure::jobs {

struct Hat {
    std::int32_t colour = 0;
    std::string owner;
};
PERDURE_COMPONENT(Hat, colour, owner);

enum class Life {
    undrained,  // killed: only the journal has the rows, since the first change set
    half,       // killed: the store has the first half, the journal everything
    trimmed,    // killed: the store has half, the journal what came after some time before that
    closed,     // closed: the store has everything, the journal is nearly empty
};

using State = std::set<std::string>;  // rows: "goods 7 some words"

// In memory where the system has such a disk: hundreds of worlds are opened, and what a real disk
// takes for its flushes is not what is tested.
inline std::string quick_disk() {
    std::error_code failure;
    const bool there = std::filesystem::is_directory("/dev/shm", failure);
    return there ? std::string("/dev/shm") : testing::TempDir();
}

// What lived, and what was so after each change set.
struct Lived {
    io::TemporaryDirectory place{quick_disk()};
    std::map<Lsn, State> states;
    State ever;  // every row that was at any time
    [[nodiscard]] std::string live() const { return place.path() + "/live"; }
    [[nodiscard]] std::string path() const { return place.path() + "/world"; }
    [[nodiscard]] std::string older() const { return place.path() + "/older"; }
    // All of it, half-way.
    [[nodiscard]] std::string middle() const { return place.path() + "/middle"; }
};

inline Schema sick_schema() {
    Schema made;
    made.component<Hat>();
    made.table("goods").key<std::uint64_t>("id").column<std::string>("what");
    made.table("marks").key<std::uint32_t>("x").key<std::int32_t>("y").column<std::int64_t>("n");
    made.table("letters").key<std::string>("to").column<std::string>("words");
    made.table("events").key<std::uint64_t>("id").column<std::string>("what").append_only();
    return made;
}

inline WorldOptions sick_options(const io::Clock& clock) {
    WorldOptions options;
    options.threads = false;
    options.clock = &clock;
    options.journal_file_bytes = 32 << 10;
    options.journal_bytes_max = 4 << 20;
    return options;
}

class Liver {
public:
    explicit Liver(Lived& to) : to_(to) {}

    void live(Life life) {
        world_ = *World::open(to_.live(), sick_schema(), sick_options(clock_));
        for (int step = 0; step < 30; ++step) {
            tick(step);
            if (step == 14 && life == Life::half) store_it();
            if (step == 14) {
                std::filesystem::copy(to_.live(), to_.middle(),
                                      std::filesystem::copy_options::recursive);
            }
            if (step == 4 && life == Life::trimmed) keep_older_store();
            if (step == 9 && life == Life::trimmed) drain();
            if (step == 19 && life == Life::trimmed) store_it();
        }
        if (life == Life::closed) {
            EXPECT_TRUE(world_->close().ok());
            world_.reset();
        }
        // While it lives: as a killed process leaves it, with the store's log.
        std::filesystem::copy(to_.live(), to_.path(), std::filesystem::copy_options::recursive);
        if (world_) world_->engine().abandon();
        world_.reset();
    }

private:
    void tick(int step) {
        static const std::string padding(180, '.');
        Transaction& tick = world_->tick();
        for (int i = 0; i < 8; ++i) {
            const auto id = static_cast<std::uint64_t>(step * 5 + i);
            const std::string words = text::format("step {} {}", step, padding);
            EXPECT_TRUE(tick.put("goods", {{"id", id}, {"what", words}}).ok());
            rows_["goods " + std::to_string(id)] = words;
            const auto x = static_cast<std::uint32_t>(step);
            EXPECT_TRUE(tick.put("marks", {{"x", x}, {"y", i}, {"n", step * i}}).ok());
            rows_[text::format("marks {} {}", x, i)] = std::to_string(step * i);
            const std::string to = text::format("reader {:03}", (step * 7 + i * 31) % 150);
            EXPECT_TRUE(tick.put("letters", {{"to", to}, {"words", words}}).ok());
            rows_["letters " + to] = words;
            const auto event = static_cast<std::uint64_t>(step * 8 + i + 1);
            EXPECT_TRUE(tick.append("events", {{"id", event}, {"what", words}}).ok());
            rows_["events " + std::to_string(event)] = words;
        }
        if (step % 3 == 2) {
            const auto id = static_cast<std::uint64_t>(step * 5 - 3);
            EXPECT_TRUE(tick.erase("goods", {{"id", id}}).ok());
            rows_.erase("goods " + std::to_string(id));
        }
        const Entity entity = world_->entities().create();
        world_->entities().set(entity, Hat{step, "owner"});
        rows_[text::format("Hat {}", entity.id)] = std::to_string(step);
        const auto token = world_->commit({.wait = true});
        ASSERT_TRUE(token.ok()) << token.status().text();
        remember(token->lsn());
    }
    void remember(Lsn lsn) {
        State& state = to_.states[lsn];
        for (const auto& [key, value] : rows_) state.insert(key + " " + value);
        to_.ever.insert(state.begin(), state.end());
    }
    // Into the store, but nothing is trimmed.
    void store_it() {
        const auto token = world_->commit({.level = Level::stored, .wait = true});
        ASSERT_TRUE(token.ok()) << token.status().text();
        remember(token->lsn());
    }
    // As a backup of the store alone would have it, which nobody should take.
    void keep_older_store() {
        store_it();
        std::filesystem::create_directory(to_.older());
        for (const char* name : {"/store.sqlite", "/store.sqlite-wal"}) {
            std::filesystem::copy_file(to_.live() + name, to_.older() + name);
        }
    }
    void drain() {
        clock_.advance_ns(3'000'000'000);
        for (bool more = true; more;) more = *world_->engine().step_store();
    }

    Lived& to_;
    io::ManualClock clock_;
    std::unique_ptr<World> world_;
    std::map<std::string, std::string> rows_;
};

inline const Lived& lived(Life life) {
    static std::map<Life, std::unique_ptr<Lived>> all;
    auto& one = all[life];
    if (!one) {
        one = std::make_unique<Lived>();
        Liver(*one).live(life);
    }
    return *one;
}

inline std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}
inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

class SickWorld : public ::testing::Test {
protected:
    void fall_ill(Life life) {
        lived_ = &lived(life);
        std::filesystem::remove_all(path());
        std::filesystem::copy(lived_->path(), path(), std::filesystem::copy_options::recursive);
    }

    [[nodiscard]] std::string path(const std::string& name = {}) const {
        return directory_.path() + "/world" + (name.empty() ? "" : "/" + name);
    }
    // Of the journal, by sequence; those that hold something.
    [[nodiscard]] std::vector<std::string> journal_files() {
        std::vector<std::string> used;
        for (const auto& name : *files_.list(path("journal"))) {
            const std::string file = path("journal/" + name);
            if (name.ends_with(".pdj") && bytes_of(file).starts_with("PERDJRNL")) {
                used.push_back(file);
            }
        }
        return used;
    }
    struct Group {
        std::string file;
        std::uint64_t offset;
        Lsn first, last;
    };
    [[nodiscard]] std::vector<Group> groups() {
        std::vector<Group> all;
        journal::Inspection inspection;
        std::string file;
        inspection.file = [&](const journal::FileFound& found, const auto&) -> Status {
            file = found.path;
            return {};
        };
        inspection.group = [&](const journal::GroupSeen& seen) -> Status {
            if (seen.header.frames > 0) {
                all.push_back(
                    {file, seen.address.offset, seen.header.first_lsn, seen.header.last_lsn()});
            }
            return {};
        };
        EXPECT_TRUE(journal::inspect(files_, path("journal"), inspection).ok());
        return all;
    }
    static void flip(const std::string& file, std::uint64_t offset) {
        std::string bytes = bytes_of(file);
        ASSERT_LT(offset, bytes.size()) << file;
        bytes[offset] = static_cast<char>(bytes[offset] ^ 0x10);
        write_bytes(file, bytes);
    }
    // Every page of the store that belongs to the leaves of a table: all but the first is spoilt.
    void spoil_pages(std::uint64_t first, std::uint64_t last) {
        for (std::uint64_t page = first; page <= last; ++page) {
            flip(path("store.sqlite"), (page - 1) * 4096 + 2000);
        }
    }

    Result<Verdict> judge() {
        Result<Verdict> verdict = verify(files_, clock_, path(), scratch());
        return verdict;
    }
    Result<RepairReport> mend(const std::string& remedy, bool yes = true) {
        return repair(files_, clock_, path(), scratch(), {.remedy = remedy, .yes = yes});
    }
    Result<RepairReport> mend_on(io::FileSystem& files, const std::string& remedy) {
        return repair(files, clock_, path(), scratch(), {.remedy = remedy, .yes = true});
    }
    std::string scratch() {
        const std::string place = directory_.path() + "/scratch";
        std::filesystem::remove_all(place);
        std::filesystem::create_directory(place);
        return place;
    }

    // Applies what is offered first, until the world is whole. What was done, in order.
    std::vector<std::string> heal() {
        std::vector<std::string> done;
        for (int step = 0; step < 8; ++step) {
            const auto verdict = judge();
            EXPECT_TRUE(verdict.ok()) << verdict.status().text();
            if (!verdict.ok() || verdict->whole()) {
                if (verdict.ok()) last_ = verdict->last;
                return done;
            }
            if (verdict->remedies.empty()) {
                ADD_FAILURE() << "no remedy for: " << verdict->damage.front().what;
                return done;
            }
            const std::string name = verdict->remedies.front().name;
            const auto report = mend(name);
            EXPECT_TRUE(report.ok()) << report.status().text();
            if (!report.ok()) return done;
            done.push_back(name);
        }
        ADD_FAILURE() << "eight remedies and still ill: " << text::format("{}", done.back());
        return done;
    }

    [[nodiscard]] std::optional<State> open_and_read() {
        return open_and_read(path(), sick_options(clock_));
    }
    [[nodiscard]] static std::optional<State> open_and_read(const std::string& where,
                                                            const WorldOptions& options) {
        auto opened = World::open(where, sick_schema(), options);
        if (!opened.ok()) {
            ADD_FAILURE() << opened.status().text();
            return std::nullopt;
        }
        World& world = **opened;
        State state;
        const auto view = std::make_unique<Snapshot>(*world.snapshot());
        for (const char* table : {"goods", "marks", "letters", "events"}) {
            const auto rows = view->scan(table);
            EXPECT_TRUE(rows.ok()) << rows.status().text();
            if (!rows.ok()) continue;
            for (std::uint32_t row = 0; row < rows->rows(); ++row) {
                state.insert(row_text(table, *rows, row));
            }
        }
        world.entities().each<const Hat>([&](Entity entity, const Hat& hat) {
            state.insert(text::format("Hat {} {}", entity.id, hat.colour));
        });
        return state;
    }
    static std::string row_text(const std::string& table, const Batch& batch, std::uint32_t row) {
        std::string words = table;
        for (std::size_t column = 0; column < batch.columns(); ++column) {
            const Value value = batch.value(column, row);
            if (const auto* text = value.get_if<std::string>()) words += " " + *text;
            if (const auto* n = value.get_if<std::int64_t>()) words += " " + std::to_string(*n);
            if (const auto* n = value.get_if<std::uint64_t>()) words += " " + std::to_string(*n);
        }
        return words;
    }

    // The model's rows after this change set.
    [[nodiscard]] const State& state_at(Lsn lsn) const {
        static const State nothing;
        const auto after = lived_->states.upper_bound(lsn);
        return after == lived_->states.begin() ? nothing : std::prev(after)->second;
    }
    [[nodiscard]] Lsn last_lsn() const { return lived_->states.rbegin()->first; }
    void expect_state_at(Lsn lsn) {
        const auto state = open_and_read();
        ASSERT_TRUE(state.has_value());
        expect_same(*state, state_at(lsn));
    }
    static void expect_same(const State& is, const State& should) {
        std::vector<std::string> missing;
        std::vector<std::string> strange;
        std::set_difference(should.begin(), should.end(), is.begin(), is.end(),
                            std::back_inserter(missing));
        std::set_difference(is.begin(), is.end(), should.begin(), should.end(),
                            std::back_inserter(strange));
        EXPECT_TRUE(missing.empty()) << missing.size() << " rows, the first: " << missing.front();
        EXPECT_TRUE(strange.empty()) << strange.size() << " rows, the first: " << strange.front();
    }

    using Contents = std::map<std::string, std::string>;
    // What repair may not lose: everything but the lock and SQLite's scratch.
    [[nodiscard]] Contents contents() const {
        Contents all;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(path())) {
            const std::string name = entry.path().filename().string();
            const bool ours = entry.is_regular_file() && name != "lock" && !name.ends_with("-shm");
            if (!ours) continue;
            std::string bytes = bytes_of(entry.path());
            bytes.resize(bytes.find_last_not_of('\0') + 1);
            all[std::filesystem::relative(entry.path(), path()).string()] = std::move(bytes);
        }
        return all;
    }
    // Each in its place, or whole somewhere else.
    static void expect_nothing_deleted(const Contents& before, const Contents& after) {
        std::set<std::string> there;
        for (const auto& [name, bytes] : after) there.insert(bytes);
        for (const auto& [name, bytes] : before) {
            const bool kept = bytes.empty() || there.contains(bytes);
            EXPECT_TRUE(kept) << name << " is nowhere";
        }
    }

    const Lived* lived_ = nullptr;
    Lsn last_ = 0;  // after heal(): the newest change set that is left
    io::PosixFileSystem files_;
    io::ManualClock clock_;
    io::TemporaryDirectory directory_{quick_disk()};
};

}  // namespace perdure::jobs
