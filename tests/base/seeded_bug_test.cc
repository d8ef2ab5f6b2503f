#include "base/seeded_bug.h"

#include <gtest/gtest.h>

namespace perdure {
namespace {

#ifdef PERDURE_SEEDED_BUGS

TEST(SeededBug, is_there_once_it_is_chosen_and_says_so_once) {
    choose_seeded_bug("a bug");
    ::testing::internal::CaptureStderr();
    EXPECT_TRUE(seeded_bug("a bug"));
    EXPECT_TRUE(seeded_bug("a bug"));
    EXPECT_FALSE(seeded_bug("another bug"));
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "perdure: seeded bug: a bug\n");
    choose_seeded_bug("");
    EXPECT_FALSE(seeded_bug("a bug"));
    EXPECT_FALSE(seeded_bug(""));
}

#else

static_assert(!seeded_bug("any bug"), "a constant, or a release could have bugs in it");

TEST(SeededBug, is_never_there_in_a_build_that_has_none) { EXPECT_FALSE(seeded_bug("any bug")); }

#endif

}  // namespace
}  // namespace perdure
