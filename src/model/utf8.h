// UTF-8 without NUL: what text and json columns hold, on every store.
#pragma once

#include <string>
#include <string_view>

namespace perdure {

// UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF) without NUL.
[[nodiscard]] bool is_text(std::string_view bytes) noexcept;

// Bytes 1 to 127 only. Unlike is_text it holds for
// a whole exactly when it holds for all its pieces.
[[nodiscard]] bool is_ascii_text(std::string_view bytes) noexcept;

// For messages that repeat what came from a disk or a caller: text as it is; what is none, and
// control characters, which a terminal would obey, as \x1b.
[[nodiscard]] std::string printable(std::string_view bytes);

}  // namespace perdure
