// A home for a world: where a test keeps it, and what the test's program knows.
//
//     Home home;
//     home.open();
//     home.put("profiles", {{"name", "ana"}, {"level", 7}});
//     home.crash();
//     home.open();
//     EXPECT_EQ(home.rows("profiles"), Rows{"ana 7 false null"});
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/text.h"
#include "engine/engine.h"
#include "io/faulty_file_system.h"
#include "io/posix_file_system.h"
#include "io/temporary_directory.h"
#include "perdure/world.h"

namespace perdure {

struct Position {
    float x = 0, y = 0, z = 0;
    friend bool operator==(const Position&, const Position&) = default;
};
PERDURE_COMPONENT(Position, x, y, z);

struct Purse {
    std::int64_t coins = 0;
    friend bool operator==(const Purse&, const Purse&) = default;
};
PERDURE_COMPONENT(Purse, coins);

struct Title {  // not trivially copyable
    std::string text;
    std::optional<std::int16_t> rank;
    friend bool operator==(const Title&, const Title&) = default;
};
PERDURE_COMPONENT(Title, text, rank);

struct Frozen {};  // a tag
PERDURE_COMPONENT(Frozen);

struct Mood {  // relaxed
    std::int32_t level = 0;
    friend bool operator==(const Mood&, const Mood&) = default;
};
PERDURE_COMPONENT(Mood, level);

struct Glow {  // ephemeral
    std::uint8_t red = 0;
    friend bool operator==(const Glow&, const Glow&) = default;
};
PERDURE_COMPONENT(Glow, red);

using Rows = std::vector<std::string>;

inline constexpr std::uint64_t second_ns = 1'000'000'000;

inline Schema test_schema() {
    Schema schema;
    schema.category({.name = "fleeting", .durability = Level::ephemeral})
        .category({.name = "slow", .durability = Level::relaxed, .interval_ms = 1000})
        .category({.name = "economy", .durability = Level::stored});
    schema.component<Position>({.position = true})
        .component<Purse>()
        .component<Title>()
        .component<Frozen>()
        .component<Mood>({.category = "slow"})
        .component<Glow>({.category = "fleeting"});
    schema.table("profiles")
        .key<std::string>("name")
        .column<std::int32_t>("level")
        .column<bool>("online")
        .column<std::optional<std::string>>("guild");
    schema.table("counters").key<std::uint64_t>("id").column<std::int64_t>("value");
    schema.table("events")
        .key<std::uint64_t>("at")
        .key<std::uint32_t>("seq")
        .column<std::string>("what")
        .append_only();
    schema.table("flashes").key<std::uint64_t>("id").column<std::int64_t>("value").category(
        "fleeting");
    schema.table("sparks").key<std::uint64_t>("id").append_only().category("fleeting");
    schema.table("drifts").key<std::uint64_t>("id").column<std::int64_t>("value").category("slow");
    schema.table("letters").key<std::uint64_t>("id").column<std::string>("text").category("slow");
    schema.table("ledger").key<std::uint64_t>("id").column<std::int64_t>("value").category(
        "economy");
    return schema;
}

inline std::string value_text(const Value& value) {
    if (value.is_null()) return "null";
    if (const auto* yes = value.get_if<bool>()) return *yes ? "true" : "false";
    if (const auto* number = value.get_if<std::int64_t>()) return text::format("{}", *number);
    if (const auto* number = value.get_if<std::uint64_t>()) return text::format("{}", *number);
    if (const auto* number = value.get_if<float>()) return text::format("{}", *number);
    if (const auto* number = value.get_if<double>()) return text::format("{}", *number);
    if (const auto* entity = value.get_if<Entity>()) return text::format("{}", entity->id);
    if (const auto* text = value.get_if<std::string>()) return *text;
    return "?";
}

// "ana 7 true null": the cells of a row, in the order of the columns.
inline std::string row_text(const Batch& batch, std::uint32_t row) {
    std::string text;
    for (std::size_t column = 0; column < batch.columns(); ++column) {
        if (column > 0) text += ' ';
        text += value_text(batch.value(column, row));
    }
    return text;
}

// Where worlds of a test live: nowhere ("memory:"), or in a directory of the real disk with SQLite.
// Nothing runs by itself unless `options.threads` says so; time passes when the test says so.
class Home {
public:
    enum class Kind { memory, sqlite };

    explicit Home(Kind kind = Kind::sqlite) : kind_(kind) {
        options.threads = false;
        options.clock = &clock;
        options.journal_file_bytes = 1 << 20;
        if (kind_ == Kind::sqlite) options.files = &files;
    }
    Home(const Home&) = delete;
    Home& operator=(const Home&) = delete;

    Status try_open() {
        world_.reset();
        auto opened = World::open(directory(), schema, options);
        if (!opened) return opened.status();
        world_ = *std::move(opened);
        return {};
    }
    void open() {
        const Status opened = try_open();
        ASSERT_TRUE(opened.ok()) << opened.text();
    }
    // Opened by somebody else, in this directory.
    void hold(std::unique_ptr<World> opened) { world_ = std::move(opened); }
    void close() {
        ASSERT_NE(world_, nullptr);
        const Status closed = world_->close();
        EXPECT_TRUE(closed.ok()) << closed.text();
        world_.reset();
    }
    void reopen() {
        close();
        open();
    }
    // The process dies: nothing more reaches the journal or the store.
    void crash() {
        ASSERT_NE(world_, nullptr);
        world_->engine().abandon();
        world_.reset();
    }
    // A program that knows something else.
    void know(Schema other) { schema = std::move(other); }

    World& operator*() { return *world_; }
    World* operator->() { return world_.get(); }
    [[nodiscard]] bool is_open() const { return world_ != nullptr; }
    [[nodiscard]] Entities& entities() { return world_->entities(); }
    [[nodiscard]] Transaction& tick() { return world_->tick(); }

    [[nodiscard]] std::string directory() const {
        return kind_ == Kind::memory ? "memory:" : io::join_path(temporary_.path(), "shard7");
    }
    [[nodiscard]] std::string path(const std::string& name) const {
        return io::join_path(directory(), name);
    }

    // One row in a transaction of its own.
    Status try_put(std::string_view table, std::vector<Cell> row, const Condition& condition = {}) {
        Transaction transaction = world_->begin();
        if (Status put = transaction.put(table, row, condition); !put.ok()) return put;
        return transaction.commit({.wait = true}).status();
    }
    void put(std::string_view table, std::vector<Cell> row, const Condition& condition = {}) {
        const Status put = try_put(table, std::move(row), condition);
        EXPECT_TRUE(put.ok()) << put.text();
    }
    Status try_erase(std::string_view table, std::vector<Cell> key,
                     const Condition& condition = {}) {
        Transaction transaction = world_->begin();
        if (Status erased = transaction.erase(table, key, condition); !erased.ok()) return erased;
        return transaction.commit({.wait = true}).status();
    }
    void erase(std::string_view table, std::vector<Cell> key, const Condition& condition = {}) {
        const Status erased = try_erase(table, std::move(key), condition);
        EXPECT_TRUE(erased.ok()) << erased.text();
    }
    Status try_append(std::string_view table, std::vector<Cell> row) {
        Transaction transaction = world_->begin();
        if (Status appended = transaction.append(table, row); !appended.ok()) return appended;
        return transaction.commit({.wait = true}).status();
    }
    void append(std::string_view table, std::vector<Cell> row) {
        const Status appended = try_append(table, std::move(row));
        EXPECT_TRUE(appended.ok()) << appended.text();
    }
    // Ends the tick; returns its token, durable.
    Token commit(CommitOptions how = {}) {
        how.wait = true;
        auto token = world_->commit(how);
        EXPECT_TRUE(token.ok()) << token.status().text();
        return token.ok() ? *token : Token();
    }

    // What a snapshot taken now shows: a row, or "none".
    std::string row(std::string_view table, std::vector<Cell> key,
                    const SnapshotOptions& how = {}) {
        auto view = world_->snapshot(how);
        if (!view.ok()) return view.status().text();
        auto found = view->find(table, key);
        if (!found.ok()) return found.status().text();
        return *found ? row_text((*found)->batch(), 0) : "none";
    }
    Rows rows(std::string_view table, const SnapshotOptions& how = {}) {
        auto view = world_->snapshot(how);
        if (!view.ok()) return {view.status().text()};
        return rows(*view, table);
    }
    static Rows rows(Snapshot& view, std::string_view table) {
        auto batch = view.scan(table);
        if (!batch.ok()) return {batch.status().text()};
        Rows rows;
        for (std::uint32_t row = 0; row < batch->rows(); ++row) {
            rows.push_back(row_text(*batch, row));
        }
        return rows;
    }

    // Everything durable goes to the store, and is safe there.
    void drain() {
        clock.advance_ns(2 * second_ns);  // past the drain interval, and past a pause after trouble
        while (true) {
            auto stepped = world_->engine().step_store();
            EXPECT_TRUE(stepped.ok()) << stepped.status().text();
            if (!stepped.ok() || !*stepped) return;
        }
    }
    void prepare_journal() {
        while (true) {
            auto stepped = world_->engine().step_prepare();
            if (!stepped.ok() || !*stepped) return;
        }
    }
    void fail_flushes() { files.inject({.kind = io::OperationKind::sync, .from_then_on = true}); }

    Schema schema = test_schema();
    WorldOptions options;
    io::ManualClock clock;
    io::PosixFileSystem disk;
    io::FaultyFileSystem files{disk};

private:
    const Kind kind_;
    io::TemporaryDirectory temporary_;
    std::unique_ptr<World> world_;
};

// For what holds on every store.
class OnEveryStore : public testing::TestWithParam<Home::Kind> {
protected:
    void SetUp() override { home_.open(); }
    Home home_{GetParam()};
};

// The same with the runtime's threads and the real clock; rows wander from pending to the store all
// the time.
class OnEveryStoreWithThreads : public OnEveryStore {
protected:
    void SetUp() override {
        home_.options.threads = true;
        home_.options.clock = nullptr;
        home_.options.drain_interval_ms = 1;
        OnEveryStore::SetUp();
    }
};

inline auto every_store() { return testing::Values(Home::Kind::memory, Home::Kind::sqlite); }
inline std::string store_name(const testing::TestParamInfo<Home::Kind>& kind) {
    return kind.param == Home::Kind::memory ? "Memory" : "Sqlite";
}

// For what needs a directory that outlives its owner.
class OnDisk : public testing::Test {
protected:
    void SetUp() override { home_.open(); }
    // A sudden end, and the next life.
    void crash() {
        home_.crash();
        home_.open();
    }
    Home home_;
};

}  // namespace perdure
