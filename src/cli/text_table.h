// TextTable: rows of text under headings, aligned for people; numbers to the right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace perdure::cli {

class TextTable {
public:
    explicit TextTable(std::vector<std::string> headings);

    // As many cells as there are headings.
    void add(std::vector<std::string> cells);
    [[nodiscard]] std::size_t rows() const noexcept { return rows_.size(); }
    // Headings, a rule, the rows; each line ends with a newline. Control characters are shown as
    // '?'.
    [[nodiscard]] std::string text() const;

private:
    std::vector<std::string> headings_;
    std::vector<std::vector<std::string>> rows_;
};

// "950 B", "1.4 MB": powers of ten.
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);
// "1,234,567"
[[nodiscard]] std::string count_text(std::uint64_t count);
// "850 us", "3.2 ms", "1.5 s"
[[nodiscard]] std::string duration_text(std::uint64_t microseconds);

}  // namespace perdure::cli
