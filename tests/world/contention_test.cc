// Many threads on few keys: no update is lost, whoever comes second is told.
// src/engine/conditions.cc.
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "world/home.h"

namespace perdure {
namespace {

class ContentionTest : public OnEveryStoreWithThreads {
protected:
    static void in_threads(int count, const std::function<void(int)>& run) {
        std::vector<std::thread> threads;
        for (int thread = 0; thread < count; ++thread) threads.emplace_back(run, thread);
        for (std::thread& thread : threads) thread.join();
    }
};
INSTANTIATE_TEST_SUITE_P(, ContentionTest, every_store(), store_name);

TEST_P(ContentionTest, no_update_is_lost_when_everybody_compares_and_sets) {
    home_.put("counters", {{"id", 1u}, {"value", 0}});
    constexpr int threads = 4;
    constexpr int each = 150;
    in_threads(threads, [&](int) {
        for (int done = 0; done < each;) {
            auto view = home_->snapshot();
            ASSERT_TRUE(view.ok()) << view.status().text();
            auto found = view->find("counters", {{"id", 1u}});
            ASSERT_TRUE(found.ok() && *found);
            const std::int64_t value = *(**found)["value"].get_if<std::int64_t>();
            Transaction transaction = home_->begin();
            ASSERT_TRUE(transaction
                            .put("counters", {{"id", 1u}, {"value", value + 1}},
                                 if_equal({{"value", value}}))
                            .ok());
            const auto saved = transaction.commit({.wait = done % 2 == 0});
            ASSERT_TRUE(saved.ok() || saved.status().code() == Code::conflict)
                << saved.status().text();
            if (saved.ok()) ++done;
        }
    });
    EXPECT_EQ(home_.rows("counters"), Rows{text::format("1 {}", threads * each)});
}

TEST_P(ContentionTest, one_creates_and_the_others_are_told) {
    std::atomic<int> created{0};
    in_threads(6, [&](int thread) {
        for (std::uint64_t id = 0; id < 60; ++id) {
            const Status put =
                home_.try_put("counters", {{"id", id}, {"value", thread}}, if_absent());
            ASSERT_TRUE(put.ok() || put.code() == Code::conflict) << put.text();
            if (put.ok()) ++created;
        }
    });
    EXPECT_EQ(created, 60);
    EXPECT_EQ(home_.rows("counters").size(), 60u);
}

TEST_P(ContentionTest, appended_keys_are_there_once) {
    std::atomic<int> appended{0};
    in_threads(6, [&](int) {
        for (std::uint64_t at = 0; at < 60; ++at) {
            const Status added = home_.try_append("events", {{"at", at}, {"seq", 0u}});
            ASSERT_TRUE(added.ok() || added.code() == Code::conflict) << added.text();
            if (added.ok()) ++appended;
        }
    });
    EXPECT_EQ(appended, 60);
    EXPECT_EQ(home_.rows("events").size(), 60u);
    EXPECT_TRUE(home_->close().ok());
    EXPECT_TRUE(home_->health().trouble.ok());
}

}  // namespace
}  // namespace perdure
