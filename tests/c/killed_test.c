// What a process that died leaves for the next one.
#define _XOPEN_SOURCE 700
#include "c/killed.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "c/home.h"

enum { saved = 4 };

// In the child. Its checks end it with 1; the parent looks for how it meant to end.
int live(const char* how, const char* directory) {
    static const uint64_t ids[] = {1, 2, 3};
    static const int64_t values[] = {10, 20, 30};
    static const uint64_t later[] = {9};
    perdure_transaction* transaction = NULL;
    perdure_cells cells[2];
    perdure_world* world = NULL;
    if (setjmp(end_of_case) != 0) return 1;
    world = open_world(directory);
    put_counters(world, ids, values, 3);  // durable
    cells[0] = numbers("id", PERDURE_U64, later);
    cells[1] = numbers("value", PERDURE_I64, values);
    REQUIRE_OK(perdure_world_begin(world, &transaction, &why));
    REQUIRE_OK(perdure_transaction_put(transaction, "counters", cells, 2, 1, NULL, &why));
    if (strcmp(how, "exit") == 0) _exit(saved);
    if (strcmp(how, "kill") == 0) raise(SIGKILL);
    return 1;
}

static int run_life(const char* how, const char* directory) {
    int ending = 0;
    pid_t child = 0;
    fflush(stdout);
    child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        execl("/proc/self/exe", "perdure_c_test", "--live", how, directory, (char*)NULL);
        _exit(2);
    }
    REQUIRE(waitpid(child, &ending, 0) == child);
    return ending;
}

static void check_what_came_back(void) {
    perdure_recovery recovery = {sizeof recovery, 0, 0, 0, 0, 0, 0, 0, 0};
    perdure_world* world = open_world(HERE);
    CHECK_OK(perdure_world_recovery(world, &recovery, &why));
    CHECK(recovery.created == 0);
    CHECK(strcmp(all_ids(world), "1 2 3") == 0);  // and not what was only staged
    CHECK_OK(perdure_world_close(world, &why));
}

static void what_was_durable_is_there_after_exit_without_close(void) {
    int ending = run_life("exit", HERE);
    CHECK(WIFEXITED(ending) && WEXITSTATUS(ending) == saved);
    check_what_came_back();
}

static void what_was_durable_is_there_after_sigkill(void) {
    int ending = run_life("kill", HERE);
    CHECK(WIFSIGNALED(ending) && WTERMSIG(ending) == SIGKILL);
    check_what_came_back();
    ending = run_life("kill", HERE);  // and again, in the world that was recovered
    CHECK(WIFSIGNALED(ending) && WTERMSIG(ending) == SIGKILL);
    check_what_came_back();
}

static const test_case cases[] = {
    {"what_was_durable_is_there_after_exit_without_close",
     what_was_durable_is_there_after_exit_without_close},
    {"what_was_durable_is_there_after_sigkill", what_was_durable_is_there_after_sigkill},
};
TEST_SUITE(killed_suite, cases);
