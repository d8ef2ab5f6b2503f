// The names in a journal directory. docs/format/journal.md, "Files".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace perdure::journal {

[[nodiscard]] std::string file_name(std::uint64_t sequence);  // "0000000000000007.pdj"
[[nodiscard]] std::string spare_name(std::uint64_t number);   // "spare-0000000000000007"
// The number in such a name, nullopt for any other name.
[[nodiscard]] std::optional<std::uint64_t> parse_file_name(std::string_view name) noexcept;
[[nodiscard]] std::optional<std::uint64_t> parse_spare_name(std::string_view name) noexcept;

}  // namespace perdure::journal
