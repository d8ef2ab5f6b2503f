// What stands in a lock file, as it is told to whoever finds the world locked.
#include "fuzz/target.h"
#include "io/file_system.h"

namespace perdure::fuzz {

Outcome lock_owner(ByteSpan input) {
    refused(io::locked_error("world/lock", as_text(input)), {Code::locked});
    return Outcome::taken;
}

}  // namespace perdure::fuzz
