#include "jobs/pruned_files.h"

#include <array>

#include <gtest/gtest.h>

#include "io/memory_file_system.h"

namespace perdure::jobs {
namespace {

class PrunedFilesTest : public ::testing::Test {
protected:
    PrunedFilesTest() {
        EXPECT_TRUE(disk_.create_directory("d").ok());
        for (const char* name : {"a", "b"}) {
            EXPECT_TRUE(io::replace_file(disk_, "d", name, as_bytes("0123456789")).ok());
        }
    }
    io::MemoryFileSystem disk_;
    PrunedFiles view_{disk_};
};

TEST_F(PrunedFilesTest, shows_what_is_there) {
    EXPECT_EQ(*io::read_file(view_, "d/a", 100), "0123456789");
    EXPECT_EQ(*view_.list("d"), (std::vector<std::string>{"a", "b"}));
}

TEST_F(PrunedFilesTest, hides_a_file_from_every_question) {
    view_.hide("d/a");
    EXPECT_EQ(*view_.list("d"), std::vector<std::string>{"b"});
    EXPECT_FALSE(*view_.exists("d/a"));
    EXPECT_EQ(view_.open("d/a", {}).status().code(), Code::not_found);
    EXPECT_TRUE(*disk_.exists("d/a"));
}

TEST_F(PrunedFilesTest, reads_zeros_behind_a_cut_and_beyond_the_end) {
    view_.cut("d/a", 4, 16);
    EXPECT_EQ(*io::read_file(view_, "d/a", 100), std::string("0123") + std::string(12, '\0'));
    const auto file = *view_.open("d/a", {});
    std::array<std::byte, 4> bytes{};
    EXPECT_EQ(*file->read_at(14, bytes), 2U);
    EXPECT_EQ(*file->read_at(16, bytes), 0U);
}

TEST_F(PrunedFilesTest, cannot_be_written_through) {
    view_.cut("d/a", 4, 16);
    EXPECT_EQ(view_.open("d/a", {.write = true}).status().code(), Code::read_only);
    const auto file = *view_.open("d/a", {});
    EXPECT_EQ(file->write_at(0, as_bytes("x")).code(), Code::read_only);
    EXPECT_EQ(view_.rename("d/a", "d/c").code(), Code::read_only);
    EXPECT_EQ(view_.remove("d/a").code(), Code::read_only);
    EXPECT_EQ(view_.remove_directory("d").code(), Code::read_only);
}

}  // namespace
}  // namespace perdure::jobs
