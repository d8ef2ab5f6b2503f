// TextTable: rows of text under headings, aligned for people; numbers to the right.
#pragma once

#include <cstddef>
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

}  // namespace perdure::cli
