// What is asked of the operating system about this process.
#pragma once

#include <cstdint>

namespace perdure::io {

// For messages to people, who look for it with ps.
[[nodiscard]] std::uint64_t process_id();

}  // namespace perdure::io
