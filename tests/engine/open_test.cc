// Opening a world, in whatever state it was left, and whatever fails meanwhile.
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "engine/live_engine.h"

namespace perdure::engine {
namespace {

class OpenTest : public testing::Test {
protected:
    explicit OpenTest(EngineOptions options = {}) : live_(std::move(options)) {}

    Token put(std::int64_t value) {
        return live_.commit(live_.change().put("names", {"ana", value}));
    }
    std::string find() { return live_.find("names", {{"name", "ana"}}); }
    Rows hydrated() {
        Rows rows;
        const Status read = live_->hydrate([&](const Batch& batch) -> Status {
            for (const std::string& row : rows_of(batch)) rows.push_back(row);
            return {};
        });
        EXPECT_TRUE(read.ok()) << read.text();
        return rows;
    }
    Status hydrate_refusing() {
        return live_->hydrate([](const Batch&) { return Status(Code::busy, "no more"); });
    }
    Code open() { return live_.open().code(); }
    void reopen() {
        live_.crash();
        const Status opened = live_.open();
        ASSERT_TRUE(opened.ok()) << opened.text();
    }

    LiveEngine live_;
};

TEST_F(OpenTest, refuses_what_can_never_be_right) {
    live_.crash();
    const auto settings = live_.settings;
    live_.settings.journal.file_bytes = 7;
    EXPECT_EQ(open(), Code::invalid);
    live_.settings = settings;
    live_.settings.categories.push_back({.name = "odd", .consistency = "whatever"});
    EXPECT_FALSE(live_.open().ok());
    live_.settings = settings;
    EXPECT_EQ(open(), Code::ok);
}

TEST_F(OpenTest, makes_a_world_only_where_there_is_nothing_else) {
    live_.crash();
    const auto open_at = [&](const std::string& path, bool create = true) {
        EngineOptions options = live_.settings;
        options.create = create;
        options.new_world = Uuid{};
        return Engine::open(path, std::move(options)).status().code();
    };
    EXPECT_EQ(open_at("elsewhere", false), Code::not_found);
    ASSERT_TRUE(live_.disk.create_directory("home").ok());
    ASSERT_TRUE(io::replace_file(live_.disk, "home", "letters", as_bytes("dear")).ok());
    EXPECT_EQ(open_at("home"), Code::invalid);
    for (const char* name : {"lock", "perdure.toml", "identity.new"}) {
        const std::string path = std::string("cut short by ") + name;
        ASSERT_TRUE(live_.disk.create_directory(path).ok());
        ASSERT_TRUE(live_.disk.create_directory(io::join_path(path, "journal")).ok());
        ASSERT_TRUE(live_.disk.create_directory(io::join_path(path, "quarantine")).ok());
        ASSERT_TRUE(io::replace_file(live_.disk, path, name, as_bytes("")).ok());
        live_.storage = std::make_shared<store::MemoryStorage>();
        EXPECT_EQ(open_at(path), Code::ok) << path;
    }
}

TEST_F(OpenTest, a_store_that_cannot_be_opened_is_the_worlds_trouble) {
    live_.crash();
    const auto open_store = live_.settings.open_store;
    live_.settings.open_store = [](const WorldDirectory&, const Uuid&) {
        return Result<std::unique_ptr<store::Store>>(Status(Code::corrupt, "not a database"));
    };
    EXPECT_EQ(open(), Code::corrupt);
    live_.settings.open_store = open_store;
    EXPECT_EQ(open(), Code::ok);
}

TEST_F(OpenTest, a_store_that_contradicts_itself_is_refused) {
    live_.crash();
    const auto open_store = live_.settings.open_store;
    live_.settings.open_store = [&](const WorldDirectory& directory, const Uuid& world) {
        auto made = open_store(directory, world);
        live_.store->contradicts_itself = true;
        return made;
    };
    EXPECT_EQ(open(), Code::corrupt);
    live_.settings.open_store = open_store;
    EXPECT_EQ(open(), Code::ok);
}

TEST_F(OpenTest, a_repair_that_was_cut_short_comes_first) {
    live_.crash();
    ASSERT_TRUE(io::replace_file(live_.disk, "world", "store.sqlite.rebuilt", as_bytes("")).ok());
    EXPECT_EQ(open(), Code::corrupt);
}

TEST_F(OpenTest, what_is_not_drained_is_there_and_counted) {
    EXPECT_TRUE(put(1).wait().ok());
    reopen();
    EXPECT_EQ(find(), "ana 1");
    EXPECT_FALSE(live_->recovered().clean);
    EXPECT_EQ(live_->recovered().replayed_changes, 1u);
    EXPECT_TRUE(live_->close().ok());
    reopen();
    EXPECT_EQ(find(), "ana 1");
    EXPECT_EQ(live_->recovered().replayed_changes, 0u);
}

TEST_F(OpenTest, a_torn_end_is_cut_and_kept) {
    EXPECT_TRUE(put(1).wait().ok());
    live_.commit(live_.change().put("names", {std::string(50'000, 'b'), 2}));
    live_.files.inject({.kind = io::OperationKind::write, .type = io::FaultType::short_write});
    live_->step_journal();
    live_.files.clear_faults();
    live_->abandon();
    live_.disk.crash_keeping_everything();
    ASSERT_TRUE(live_.open().ok());
    EXPECT_EQ(find(), "ana 1");
    EXPECT_FALSE(live_->recovered().clean);
    EXPECT_GT(live_->recovered().torn_bytes, 0u);
    EXPECT_FALSE(live_.disk.list("world/quarantine")->empty());
}

TEST_F(OpenTest, a_store_without_its_journal_is_taken_over_only_if_asked) {
    EXPECT_TRUE(put(1).wait().ok());
    ASSERT_TRUE(live_.drain().ok());
    live_.crash();
    const auto files = *live_.disk.list("world/journal");
    for (const std::string& name : files) {
        ASSERT_TRUE(live_.disk.remove(io::join_path("world/journal", name)).ok());
    }
    ASSERT_TRUE(live_.disk.sync_directory("world/journal").ok());
    EXPECT_EQ(open(), Code::corrupt);
    live_.settings.take_over = true;
    EXPECT_EQ(open(), Code::ok);
    EXPECT_EQ(live_->recovered().remarks.size(), 1u);
    EXPECT_EQ(find(), "ana 1");
    EXPECT_TRUE(put(2).wait().ok());
}

TEST_F(OpenTest, a_definition_that_is_on_its_way_is_drained_before_the_first_tick) {
    std::vector<std::string> lines;
    live_.settings.log = [&](std::string_view line) { lines.emplace_back(line); };
    TableBuilder things("things");
    things.key<std::uint64_t>("id");
    live_.store->mood = Status(Code::no_space, "the disk is full");
    EXPECT_FALSE(live_->declare({things.definition()}, Engine::Declaring::running).ok());
    reopen();
    EXPECT_NE(live_->catalog().find("things"), nullptr);
    EXPECT_EQ(live_->health().stored_lsn, live_->health().accepted_lsn);
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_NE(lines[0].find("draining"), std::string::npos);
}

TEST_F(OpenTest, what_a_small_index_cannot_hold_is_drained_before_the_first_tick) {
    EXPECT_TRUE(put(1).wait().ok());
    live_.crash();
    live_.settings.pending.index_bytes_max = 1000;
    ASSERT_TRUE(live_.open().ok());
    EXPECT_EQ(live_->health().stored_lsn, live_->health().accepted_lsn);
    EXPECT_EQ(find(), "ana 1");
}

TEST_F(OpenTest, resident_rows_come_from_the_store_and_then_from_the_journal) {
    Change many = live_.change();
    for (std::uint64_t id = 2; id < 17'002; ++id) many.put("bodies", {Entity{id}, 1});
    EXPECT_TRUE(live_.commit(many).wait().ok());
    ASSERT_TRUE(live_.drain().ok());
    for (std::uint64_t id = 2; id < 5; ++id) {
        Change one = live_.change();
        one.put("bodies", {Entity{id}, 2}).put("names", {"ana", 1});
        live_.commit(one);
    }
    EXPECT_TRUE(put(7).wait().ok());
    for (const std::uint64_t limit : {256ULL << 20, 0ULL}) {  // in memory, and read back
        live_.crash();
        live_.settings.pending.resident_bytes_max = limit;
        ASSERT_TRUE(live_.open().ok());
        const Rows rows = hydrated();
        ASSERT_EQ(rows.size(), 17'003u);
        EXPECT_EQ(rows.front(), "2 1");
        EXPECT_EQ(rows.back(), "4 2");
    }
    live_.store->next_scan_expires = true;
    EXPECT_EQ(hydrated().size(), 17'003u) << "a snapshot that grew old is taken anew";
    live_.store->next_scan_expires = true;
    live_.store->calls.fails = live_.store->calls.made + 4;
    EXPECT_EQ(hydrate_refusing().code(), Code::io) << "it cannot be";
    EXPECT_EQ(hydrate_refusing().code(), Code::busy);
    live_.files.inject({.kind = io::OperationKind::read, .from_then_on = true});
    EXPECT_EQ(live_->hydrate([](const Batch&) { return Status(); }).code(), Code::io);
}

TEST_F(OpenTest, whoever_takes_resident_rows_may_refuse_those_of_the_journal) {
    EXPECT_TRUE(live_.commit(live_.change().put("bodies", {Entity{2}, 1})).wait().ok());
    reopen();
    EXPECT_EQ(hydrate_refusing().code(), Code::busy);
}

TEST_F(OpenTest, a_table_of_a_category_that_nobody_declares_is_as_any_other) {
    live_.crash();
    live_.settings.categories = {Category{}};
    ASSERT_TRUE(live_.open().ok());
    const Token saved = live_.commit(live_.change().put("drifts", {1u, 5}));
    EXPECT_EQ(saved.level(), Level::journal);
    EXPECT_TRUE(saved.wait().ok());
    reopen();
    EXPECT_EQ(live_.find("drifts", {{"number", 1u}}), "1 5");
}

TEST_F(OpenTest, the_digest_does_not_see_where_rows_are) {
    Change many = live_.change();
    for (std::uint64_t number = 0; number < 17'000; ++number) many.put("numbers", {number, 1});
    many.put("glows", {1u, 1});
    EXPECT_TRUE(live_.commit(many).wait().ok());
    const auto before = live_->digest();
    ASSERT_TRUE(before.ok()) << before.status().text();
    reopen();
    EXPECT_EQ(*live_->digest(), *before);
    EXPECT_TRUE(put(1).wait().ok());
    EXPECT_NE(*live_->digest(), *before);
    for (const std::uint64_t call : {1U, 2U}) {
        live_.store->calls.fails = live_.store->calls.made + call;
        EXPECT_EQ(live_->digest().status().code(), Code::io);
    }
    put(2);
    live_.files.inject({.kind = io::OperationKind::sync, .from_then_on = true});
    EXPECT_EQ(live_->digest().status().code(), Code::unknown);
}

// One life of a world: everything that it does once. What was acknowledged is written down.
class Life {
public:
    explicit Life(LiveEngine& live) : live_(live) {}

    Status run() {
        PERDURE_TRY(live_.open());
        PERDURE_TRY(live_.declare());
        TableBuilder things("things");
        things.key<std::uint64_t>("id");
        PERDURE_TRY(live_->declare({things.definition()}, Engine::Declaring::running));
        PERDURE_TRY(live_->hydrate([](const Batch&) { return Status(); }));
        PERDURE_TRY(write(if_absent()));
        live_.crash();
        PERDURE_TRY(live_.open());
        PERDURE_TRY(write(if_absent()));
        PERDURE_TRY(live_.drain());
        PERDURE_TRY(write(if_absent()));
        PERDURE_TRY(end_tick());
        PERDURE_TRY(live_->digest().status());
        PERDURE_TRY(read());
        while (true) {
            PERDURE_TAKE(const bool more, live_->step_prepare());
            if (!more) break;
        }
        live_.clock.advance_ns(1'000'000'000);
        live_->step_held();
        live_->step_journal();
        live_->step_attest();
        PERDURE_TRY(write({}));
        PERDURE_TRY(live_->close());
        return live_.open();
    }
    [[nodiscard]] const std::set<std::uint64_t>& acknowledged() const { return acknowledged_; }

private:
    Status write(const Condition& condition) {
        const std::uint64_t number = ++written_;
        Staging staging(*live_, false);
        PERDURE_TRY(staging.put("numbers", Row{{"number", number}, {"value", 1}}, condition));
        PERDURE_TRY(staging.append("events", Row{{"at", number}}));
        PERDURE_TRY(staging.put("drifts", Row{{"number", number}}, {}));
        PERDURE_TRY(staging.put("glows", Row{{"number", number}}, {}));
        PERDURE_TAKE(const Token token, staging.commit({.wait = true}));
        PERDURE_TRY(token.wait(Level::journal));
        acknowledged_.insert(number);
        return {};
    }
    Status end_tick() {
        const std::uint64_t number = ++written_;
        Staging tick(*live_, true);
        const std::vector<Row> keys{{{"number", number}}};
        PERDURE_TRY(tick.prefetch("numbers", keys));
        PERDURE_TRY(tick.put("numbers", Row{{"number", number}, {"value", 1}}, if_absent()));
        PERDURE_TAKE(const Token token,
                     live_.end(tick, live_.change().put("bodies", {Entity{number}, 1}), {}));
        PERDURE_TRY(token.wait(Level::stored));
        acknowledged_.insert(number);
        return {};
    }
    Status read() {
        PERDURE_TAKE(auto view, live_->view(false));
        const TableDefinition& numbers = *live_->catalog().find("numbers");
        return view->scan(numbers, nullptr, 1000).status();
    }

    LiveEngine& live_;
    std::set<std::uint64_t> acknowledged_;
    std::uint64_t written_ = 1;  // entities begin at 2
};

class EveryFailure : public OpenTest {
protected:
    static EngineOptions options() {
        EngineOptions options;
        options.journal = {.file_bytes = 64 << 10, .bytes_max = 1 << 20, .files_ahead = 1};
        return options;
    }
    // Lives once with a fault in it; afterwards nothing fails, and what was acknowledged is there.
    // False if the fault was beyond the end of that life.
    static bool survives(const std::function<void(LiveEngine&)>& arm,
                         const std::function<bool(LiveEngine&)>& met) {
        LiveEngine live(options(), LiveEngine::Begin::nowhere);
        Life life(live);
        arm(live);
        const Status lived = life.run();
        const bool was_met = met(live);
        EXPECT_TRUE(was_met || lived.ok()) << lived.text();
        live.store_calls.fails = 0;
        live.files.clear_faults();
        live.crash();
        const Status opened = live.open();
        EXPECT_TRUE(opened.ok()) << opened.text();
        if (!opened.ok()) return false;
        const Status declared = live.declare();
        EXPECT_TRUE(declared.ok()) << declared.text();
        if (!declared.ok()) return false;
        for (const std::uint64_t number : life.acknowledged()) {
            EXPECT_EQ(live.find("numbers", {{"number", number}}), std::to_string(number) + " 1");
        }
        EXPECT_TRUE(live.commit(live.change().put("names", {"ana", 1})).wait(Level::stored).ok());
        EXPECT_TRUE(live->close().ok());
        return was_met;
    }
};

TEST_F(EveryFailure, of_the_disk_is_an_error_and_no_loss) {
    std::uint64_t at = 0;
    bool met = true;
    while (met && !HasFailure()) {
        SCOPED_TRACE("operation " + std::to_string(++at));
        std::uint64_t before = 0;
        met = survives(
            [&](LiveEngine& live) {
                before = live.files.operation_count();
                live.files.inject({.at = at});
            },
            [&](LiveEngine& live) { return live.files.operation_count() >= before + at; });
    }
    EXPECT_GT(at, 50u);
}

TEST_F(EveryFailure, of_the_store_is_an_error_and_no_loss) {
    std::uint64_t at = 0;
    bool met = true;
    while (met && !HasFailure()) {
        SCOPED_TRACE("call " + std::to_string(++at));
        met = survives([&](LiveEngine& live) { live.store_calls.fails = at; },
                       [&](LiveEngine& live) { return live.store_calls.made >= at; });
    }
    EXPECT_GT(at, 20u);
}

}  // namespace
}  // namespace perdure::engine
