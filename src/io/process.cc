#include "io/process.h"

#include <sys/resource.h>
#include <unistd.h>

namespace perdure::io {
namespace {

constexpr int least_urgent = 19;

}  // namespace

std::uint64_t process_id() { return static_cast<std::uint64_t>(::getpid()); }

void give_way_to_others() {
    if (::setpriority(PRIO_PROCESS, 0, least_urgent) != 0) return;  // a courtesy, not a promise
}

}  // namespace perdure::io
