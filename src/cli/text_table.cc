#include "cli/text_table.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "base/assert.h"

namespace perdure::cli {

namespace {

// Columns on a screen: code points, which is right for what names and values are mostly made of.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
    }));
}

std::string printable(std::string text) {
    for (char& byte : text) {
        if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F) byte = '?';
    }
    return text;
}

bool is_number(std::string_view text) {
    return !text.empty() && (std::isdigit(static_cast<unsigned char>(text.back())) != 0) &&
           text.find_first_not_of("0123456789.,+-eE") == std::string_view::npos;
}

void append_cell(std::string& line, std::string_view cell, std::size_t width, bool right) {
    const std::string padding(width - width_of(cell), ' ');
    if (!line.empty()) line += "  ";
    line += right ? padding + std::string(cell) : std::string(cell) + padding;
}

void append_line(std::string& text, std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
}

}  // namespace

TextTable::TextTable(std::vector<std::string> headings) : headings_(std::move(headings)) {}

void TextTable::add(std::vector<std::string> cells) {
    PERDURE_ASSERT(cells.size() == headings_.size());
    for (std::string& cell : cells) cell = printable(std::move(cell));
    rows_.push_back(std::move(cells));
}

std::string TextTable::text() const {
    std::vector<std::size_t> widths;
    std::vector<bool> right;
    for (std::size_t column = 0; column < headings_.size(); ++column) {
        std::size_t width = width_of(headings_[column]);
        bool numbers = !rows_.empty();
        for (const auto& row : rows_) {
            width = std::max(width, width_of(row[column]));
            numbers = numbers && (row[column].empty() || is_number(row[column]));
        }
        widths.push_back(width);
        right.push_back(numbers);
    }
    std::string text;
    std::string heading;
    std::string rule;
    for (std::size_t column = 0; column < headings_.size(); ++column) {
        append_cell(heading, headings_[column], widths[column], right[column]);
        append_cell(rule, std::string(widths[column], '-'), widths[column], false);
    }
    append_line(text, heading);
    append_line(text, rule);
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t column = 0; column < row.size(); ++column) {
            append_cell(line, row[column], widths[column], right[column]);
        }
        append_line(text, line);
    }
    return text;
}

}  // namespace perdure::cli
