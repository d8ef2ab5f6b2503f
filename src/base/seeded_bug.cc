#include "base/seeded_bug.h"

#ifdef PERDURE_SEEDED_BUGS

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace perdure {
namespace {

std::string& chosen_bug() {
    static std::string name = [] {
        const char* given = std::getenv("PERDURE_SEEDED_BUG");
        return std::string(given != nullptr ? given : "");
    }();
    return name;
}

std::atomic<bool> bug_reached{false};

}  // namespace

bool seeded_bug(std::string_view name) noexcept {
    const std::string& chosen = chosen_bug();
    if (chosen.empty() || chosen != name) return false;
    if (!bug_reached.exchange(true))
        std::fprintf(stderr, "perdure: seeded bug: %s\n", chosen.c_str());
    return true;
}

void choose_seeded_bug(std::string_view name) {
    chosen_bug() = name;
    bug_reached.store(false);
}

}  // namespace perdure

#endif
