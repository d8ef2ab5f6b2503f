#include "cli/demo/ground.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace perdure::cli::demo {
namespace {

// A surface of two columns, written out byte by byte as examples/ground/README.md says.
std::string small_file() {
    std::string file = "PDGROUND";
    file += std::string("\x01\x00\x00\x00", 4);                    // format
    file += std::string("\x02\x00\x01\x00", 4);                    // 2 x 1
    file += std::string(8, '\0');                                  // origin
    file += std::string("\x02\x00", 2) + "\x04sand" + "\x04snow";  // names
    file += std::string("\xff\xff\x05\x00", 4);                    // heights -1 and 5
    file += std::string("\x01\x00", 2);                            // snow, sand
    return file;
}

Result<Surface> decode(const std::string& file) { return decode_surface(as_bytes(file)); }

TEST(Ground, is_decoded_as_it_is_documented) {
    const auto surface = decode(small_file());
    ASSERT_TRUE(surface.ok()) << surface.status().text();
    EXPECT_EQ(surface->width, 2U);
    EXPECT_EQ(surface->depth, 1U);
    EXPECT_EQ(surface->heights, (std::vector<std::int16_t>{-1, 5}));
    EXPECT_EQ(surface->name(0), "snow");
    EXPECT_EQ(surface->name(1), "sand");
}

TEST(Ground, is_refused_at_every_length_but_its_own) {
    const std::string file = small_file();
    for (std::size_t length = 0; length < file.size(); ++length) {
        EXPECT_EQ(decode(file.substr(0, length)).status().code(), Code::corrupt) << length;
    }
    EXPECT_EQ(decode(file + "x").status().code(), Code::corrupt);
}

TEST(Ground, of_a_newer_format_is_not_guessed_at) {
    std::string file = small_file();
    file[8] = 2;
    EXPECT_EQ(decode(file).status().code(), Code::unsupported);
}

TEST(Ground, with_a_node_that_has_no_name_is_refused) {
    std::string file = small_file();
    file.back() = 2;
    EXPECT_EQ(decode(file).status().code(), Code::corrupt);
}

TEST(Ground, that_this_program_brings_is_real_and_of_bounded_size) {
    const auto surface = built_in_surface();
    ASSERT_TRUE(surface.ok()) << surface.status().text();
    EXPECT_LE(surface->columns(), columns_max);
    EXPECT_EQ(surface->columns(), std::size_t{440} * 440);
    EXPECT_EQ(surface->names.front(), "default:water_source");
    EXPECT_NE(std::find(surface->names.begin(), surface->names.end(), "default:dirt_with_grass"),
              surface->names.end());
}

TEST(Ground, can_be_cut_down_but_not_up) {
    const auto surface = built_in_surface();
    const auto square = cut_square(*surface, 16);
    ASSERT_TRUE(square.ok());
    EXPECT_EQ(square->columns(), 256U);
    EXPECT_EQ(square->heights.back(), surface->heights.back());
    EXPECT_EQ(square->nodes.back(), surface->nodes.back());
    EXPECT_EQ(cut_square(*surface, 441).status().code(), Code::invalid);
    EXPECT_EQ(cut_square(*surface, 0).status().code(), Code::invalid);
}

}  // namespace
}  // namespace perdure::cli::demo
