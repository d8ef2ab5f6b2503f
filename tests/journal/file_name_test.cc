#include "journal/file_name.h"

#include <gtest/gtest.h>

namespace perdure::journal {
namespace {

TEST(FileName, NumbersSurvive) {
    for (const std::uint64_t number :
         {std::uint64_t{1}, std::uint64_t{0xabcdef}, ~std::uint64_t{0}}) {
        EXPECT_EQ(parse_file_name(file_name(number)), number);
        EXPECT_EQ(parse_spare_name(spare_name(number)), number);
    }
    EXPECT_EQ(file_name(7), "0000000000000007.pdj");
    EXPECT_EQ(spare_name(7), "spare-0000000000000007");
}

TEST(FileName, OtherNamesAreNotOurs) {
    for (const char* name :
         {"", ".pdj", "7.pdj", "0000000000000007", "0000000000000007.pdj.new",
          "000000000000000A.pdj", "00000000000000007.pdj", "000000000000000g.pdj",
          "spare-0000000000000007", "0000000000000007.PDJ", "-000000000000007.pdj"}) {
        EXPECT_FALSE(parse_file_name(name).has_value()) << name;
    }
    EXPECT_FALSE(parse_spare_name("0000000000000007.pdj").has_value());
    EXPECT_FALSE(parse_spare_name("spare-7").has_value());
}

}  // namespace
}  // namespace perdure::journal
