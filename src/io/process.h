// What is asked of the operating system about this process.
#pragma once

#include <cstdint>

namespace perdure::io {

// For messages to people, who look for it with ps.
[[nodiscard]] std::uint64_t process_id();

// This process takes the processor when nobody else wants it, from now on. Where that is not
// possible it goes on as it is.
void give_way_to_others();

}  // namespace perdure::io
