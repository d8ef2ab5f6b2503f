#include "cli/text_table.h"

#include <gtest/gtest.h>

namespace perdure::cli {
namespace {

TEST(TextTable, puts_text_left_and_numbers_right) {
    TextTable table({"name", "coins"});
    table.add({"ana", "7"});
    table.add({"bo", "-1200"});
    EXPECT_EQ(table.text(),
              "name  coins\n"
              "----  -----\n"
              "ana       7\n"
              "bo    -1200\n");
}

TEST(TextTable, without_rows_has_its_headings) {
    EXPECT_EQ(TextTable({"tick"}).text(), "tick\n----\n");
}

TEST(TextTable, counts_letters_and_not_bytes) {
    TextTable table({"a", "b"});
    table.add({"é", "x"});
    table.add({"ee", "y"});
    EXPECT_EQ(table.text(), "a   b\n--  -\né   x\nee  y\n");
}

TEST(TextTable, lets_no_control_character_reach_the_terminal) {
    TextTable table({"text"});
    table.add({"a\x1b[2Jb\n"});
    EXPECT_EQ(table.text(), "text\n-------\na?[2Jb?\n");
}

}  // namespace
}  // namespace perdure::cli
