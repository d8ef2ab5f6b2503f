// Reads the worked examples in docs/format, so that page and code cannot part.
#pragma once

#include <cstddef>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace perdure::test {

inline std::string format_page(const std::string& name) {
    const std::string path = std::string(PERDURE_SOURCE_DIRECTORY) + "/docs/format/" + name;
    std::ifstream file(path);
    EXPECT_TRUE(file.good()) << path;
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

// The bytes of the page's first ```hex block; what follows a | explains.
inline std::vector<std::byte> hex_block(const std::string& page) {
    const std::size_t begin = page.find("```hex\n") + 7;
    std::istringstream block(page.substr(begin, page.find("```\n", begin) - begin));
    std::vector<std::byte> bytes;
    for (std::string line; std::getline(block, line);) {
        std::istringstream digits(line.substr(0, line.find('|')));
        for (std::string pair; digits >> pair;) {
            bytes.push_back(static_cast<std::byte>(std::stoul(pair, nullptr, 16)));
        }
    }
    return bytes;
}

inline std::string hex(const std::vector<std::byte>& bytes) {
    std::string text;
    for (const std::byte byte : bytes) {
        constexpr char digits[] = "0123456789abcdef";
        text += digits[std::to_integer<unsigned>(byte) / 16];
        text += digits[std::to_integer<unsigned>(byte) % 16];
        text += ' ';
    }
    return text;
}

}  // namespace perdure::test
