// Integers of 128 bits: what sums of 64-bit columns need. Both compilers have them; ISO C++ does
// not.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace perdure::invariants {

// `using` takes no __extension__, and without it -Wpedantic takes no __int128.
// NOLINTBEGIN(modernize-use-using)
__extension__ typedef __int128 Wide;
__extension__ typedef unsigned __int128 WideUnsigned;
// NOLINTEND(modernize-use-using)

[[nodiscard]] std::string wide_text(Wide value);  // decimal
[[nodiscard]] std::optional<Wide> parse_wide(std::string_view text);

}  // namespace perdure::invariants
