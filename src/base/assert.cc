#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace perdure {

void assertion_failed(const char* condition, const char* file, int line) noexcept {
    std::fprintf(stderr, "perdure: bug: %s:%d: this must hold: %s\n", file, line, condition);
    std::abort();
}

}  // namespace perdure
