// Recovery: a process commits and is killed, without a chance to close anything; the next one finds
// every tick that was acknowledged, and says what it did.
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include "perdure/perdure.h"

struct Score {
    std::int64_t points = 0;
};
PERDURE_COMPONENT(Score, points);

static int report(const perdure::Status& status) {
    std::fprintf(stderr, "%s\n", status.text().c_str());
    return 1;
}

static perdure::Schema schema() {
    perdure::Schema schema;
    schema.component<Score>();
    return schema;
}

// Ten points in ten ticks, each durable before the next; then the end, at once.
static int live_and_die(const std::string& directory) {
    auto opened = perdure::World::open(directory, schema());
    if (!opened) return report(opened.status());
    auto& entities = (*opened)->entities();
    for (int tick = 0; tick < 10; ++tick) {
        const auto* score = entities.get<Score>(perdure::world_entity);
        entities.set(perdure::world_entity, Score{score == nullptr ? 1 : score->points + 1});
        if (auto saved = (*opened)->commit({.wait = true}); !saved) return report(saved.status());
    }
    return raise(SIGKILL);
}

int main(int argc, char** argv) {
    const std::string directory = argc > 1 ? argv[1] : "recovery-world";
    const pid_t child = fork();  // before any world is open: a world must not be shared by a fork
    if (child == 0) _exit(live_and_die(directory));
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFSIGNALED(status)) return 1;

    auto opened = perdure::World::open(directory, schema());
    if (!opened) return report(opened.status());
    const perdure::RecoveryReport& found = (*opened)->recovery();
    const std::int64_t points = (*opened)->entities().get<Score>(perdure::world_entity)->points;
    std::printf(
        "closed in good order: %s; %llu change sets were in the journal alone; %lld points\n",
        found.clean ? "yes" : "no", static_cast<unsigned long long>(found.replayed_changes),
        static_cast<long long>(points));
    return points % 10 == 0 ? 0 : 1;
}
