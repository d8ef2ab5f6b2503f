#include "io/process.h"

#include <unistd.h>

namespace perdure::io {

std::uint64_t process_id() { return static_cast<std::uint64_t>(::getpid()); }

}  // namespace perdure::io
