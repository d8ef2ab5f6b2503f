// The smallest test framework: cases in suites, CHECK in cases. A case goes on after a failed
// CHECK, and REQUIRE ends it.
#pragma once

#include <setjmp.h>
#include <stdio.h>

typedef struct test_case {
    const char* name;
    void (*run)(void);
} test_case;

typedef struct test_suite {
    const char* name;
    const test_case* cases;
    size_t count;
} test_suite;

extern jmp_buf end_of_case;
int check(int holds, const char* what, const char* file, int line);

#define CHECK(condition) ((void)check((condition) ? 1 : 0, #condition, __FILE__, __LINE__))
#define REQUIRE(condition)                                                 \
    do {                                                                   \
        if (!check((condition) ? 1 : 0, #condition, __FILE__, __LINE__)) { \
            longjmp(end_of_case, 1);                                       \
        }                                                                  \
    } while (0)

#define TEST_SUITE(name, cases) \
    const test_suite name = {#name, cases, sizeof(cases) / sizeof((cases)[0])}
