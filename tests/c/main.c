// Runs all cases, or those whose name contains the argument. Says at its end what GoogleTest says,
// for those who count.
#include <stdlib.h>
#include <string.h>

#include "c/check.h"
#include "c/home.h"
#include "c/killed.h"

extern const test_suite tables_suite, rows_suite, reading_suite, world_suite, token_suite,
    entities_suite, threads_suite, killed_suite, misuse_suite;

static const test_suite* const suites[] = {&tables_suite,  &rows_suite,   &reading_suite,
                                           &world_suite,   &token_suite,  &entities_suite,
                                           &threads_suite, &killed_suite, &misuse_suite};

jmp_buf end_of_case;
static int failed_checks;

int check(int holds, const char* what, const char* file, int line) {
    if (holds) return 1;
    ++failed_checks;
    printf("%s:%d: this does not hold: %s\n", file, line, what);
    return 0;
}

// How many checks failed.
static int run(const test_case* one) {
    failed_checks = 0;
    if (setjmp(end_of_case) == 0) one->run();
    remove_places();
    return failed_checks;
}

int main(int argc, char** argv) {
    char failed[4096] = "";
    int passed = 0, bad = 0;
    size_t suite = 0, at = 0;
    if (argc == 4 && strcmp(argv[1], "--live") == 0) return live(argv[2], argv[3]);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (suite = 0; suite < sizeof suites / sizeof suites[0]; ++suite) {
        for (at = 0; at < suites[suite]->count; ++at) {
            char name[256];
            snprintf(name, sizeof name, "%s.%s", suites[suite]->name,
                     suites[suite]->cases[at].name);
            if (argc > 1 && strstr(name, argv[1]) == NULL) continue;
            printf("[ RUN      ] %s\n", name);
            if (run(&suites[suite]->cases[at]) == 0) {
                ++passed;
            } else {
                ++bad;
                strncat(failed, name, sizeof failed - strlen(failed) - 2);
                strcat(failed, "\n");
            }
        }
    }
    printf("[  PASSED  ] %d tests.\n", passed);
    if (bad > 0) printf("[  FAILED  ] %d tests, listed below:\n%s", bad, failed);
    return bad == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
