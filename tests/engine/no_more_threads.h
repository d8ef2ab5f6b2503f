// NoMoreThreads: while one lives, the system gives nobody a thread: the stack of each would be
// larger than the address space.
//
//     {
//         NoMoreThreads none;
//         EXPECT_EQ(runtime.add(*live).code(), Code::busy);
//     }
#pragma once

#include <cstddef>

#include <gtest/gtest.h>
#include <pthread.h>

namespace perdure::engine {

class NoMoreThreads {
public:
    NoMoreThreads() {
        EXPECT_EQ(pthread_getattr_default_np(&before_), 0);
        pthread_attr_t large;
        EXPECT_EQ(pthread_getattr_default_np(&large), 0);
        EXPECT_EQ(pthread_attr_setstacksize(&large, std::size_t{1} << 47), 0);
        EXPECT_EQ(pthread_setattr_default_np(&large), 0);
        pthread_attr_destroy(&large);
    }
    ~NoMoreThreads() {
        EXPECT_EQ(pthread_setattr_default_np(&before_), 0);
        pthread_attr_destroy(&before_);
    }
    NoMoreThreads(const NoMoreThreads&) = delete;
    NoMoreThreads& operator=(const NoMoreThreads&) = delete;

private:
    pthread_attr_t before_{};
};

}  // namespace perdure::engine
