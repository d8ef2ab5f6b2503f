// Opening a world that was left with much to do, and each step of it may fail.
#include <functional>

#include <gtest/gtest.h>

#include "engine/live_engine.h"

namespace perdure::engine {
namespace {

// Opens what a life has left, with each call of the store and each operation of the disk failing
// once; the next time it opens.
void fail_everywhere(const EngineOptions& options, const std::function<void(LiveEngine&)>& leave) {
    const auto fail_call = [&](std::uint64_t of_store, std::uint64_t of_disk) {
        LiveEngine live(options);
        leave(live);
        live.store_calls.made = 0;
        live.store_calls.fails = of_store;
        const std::uint64_t before = live.files.operation_count();
        if (of_disk > 0) live.files.inject({.at = of_disk});
        const Status opened = live.open();
        const bool met = of_disk > 0 ? live.files.operation_count() >= before + of_disk
                                     : live.store_calls.made >= of_store;
        EXPECT_TRUE(met || opened.ok()) << opened.text();
        live.store_calls.fails = 0;
        live.files.clear_faults();
        live.crash();
        EXPECT_TRUE(live.open().ok());
        EXPECT_TRUE(live.declare().ok());
        EXPECT_TRUE(live.commit(live.change().put("names", {"ana", 2})).wait().ok());
        return met;
    };
    std::uint64_t calls = 1;
    while (fail_call(calls, 0) && !testing::Test::HasFailure()) ++calls;
    EXPECT_GT(calls, 5u);
    std::uint64_t operations = 1;
    while (fail_call(0, operations) && !testing::Test::HasFailure()) ++operations;
    EXPECT_GT(operations, 20u);
}

TEST(OpeningFailure, while_a_full_journal_is_freed_is_an_error_and_no_loss) {
    EngineOptions options;
    options.journal = {.file_bytes = 64 << 10, .bytes_max = 256 << 10, .files_ahead = 1};
    fail_everywhere(options, [](LiveEngine& live) {
        Change many = live.change();
        for (std::uint64_t number = 0; number < 1000; ++number) many.put("numbers", {number, 1});
        EXPECT_TRUE(live.commit(many).wait().ok());
        for (bool room = true; room;) {
            const auto token = live.try_commit(live.change().put("names", {"ana", 1}));
            room = token.ok() && token->wait().ok();
        }
        live.crash();
    });
}

TEST(OpeningFailure, while_a_definition_is_carried_to_the_store_is_an_error_and_no_loss) {
    EngineOptions options;
    options.journal = {.file_bytes = 256 << 10, .bytes_max = 4 << 20, .files_ahead = 1};
    fail_everywhere(options, [](LiveEngine& live) {
        Change many = live.change();
        for (std::uint64_t number = 0; number < 1000; ++number) many.put("numbers", {number, 1});
        EXPECT_TRUE(live.commit(many).wait().ok());
        TableBuilder things("things");
        things.key<std::uint64_t>("id");
        live.store->mood = Status(Code::no_space, "the disk is full");
        EXPECT_FALSE(live->declare({things.definition()}, Engine::Declaring::running).ok());
        live.crash();
    });
}

TEST(OpeningFailure, while_a_torn_end_is_kept_is_an_error_and_no_loss) {
    EngineOptions options;
    options.journal = {.file_bytes = 256 << 10, .bytes_max = 4 << 20, .files_ahead = 1};
    fail_everywhere(options, [](LiveEngine& live) {
        live.commit(live.change().put("names", {std::string(50'000, 'b'), 2}));
        live.files.inject({.kind = io::OperationKind::write, .type = io::FaultType::short_write});
        live->step_journal();
        live.files.clear_faults();
        live->abandon();
        live.disk.crash_keeping_everything();
    });
}

}  // namespace
}  // namespace perdure::engine
