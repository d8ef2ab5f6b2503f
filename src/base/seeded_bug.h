// Seeded bugs: the mistakes that a tired engineer would make, one line each, where they would be
// made. They show that the tests can fail: `make seeded-bugs` chooses one after the other, and a
// suite must notice each. See docs/decisions/0008-bugs-live-in-the-sources.md.
//
//     if (seeded_bug("journal: a torn end is thrown away")) return {};
//
// No release has them. Without the CMake option PERDURE_SEEDED_BUGS the answer is a constant, given
// while the question is compiled: neither the branch nor the name is in the program. With it, the
// environment variable PERDURE_SEEDED_BUG names the one that is there. All of them stand in
// tests/seeded_bugs/bugs.py, each with the promise that it breaks.
//
// Thread rule: any thread; choosing before the others begin.
#pragma once

#include <string_view>

namespace perdure {

#ifdef PERDURE_SEEDED_BUGS

// Whether this bug was chosen. The first time that it was, says so on stderr: a test that fails
// without having come here has not caught it.
[[nodiscard]] bool seeded_bug(std::string_view name) noexcept;
// Instead of what the environment says; none if it is empty.
void choose_seeded_bug(std::string_view name);

#else

[[nodiscard]] consteval bool seeded_bug(std::string_view) noexcept { return false; }

#endif

}  // namespace perdure
