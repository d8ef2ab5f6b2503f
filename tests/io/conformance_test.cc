// What every FileSystem does, whichever it is.
#include <map>
#include <utility>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"
#include "io/file_system_fixture.h"

namespace perdure::io {
namespace {

INSTANTIATE_TEST_SUITE_P(Every, FileSystemTest, every_implementation(), implementation_name);

TEST_P(FileSystemTest, reads_what_was_written) {
    auto file = create("a");
    ASSERT_TRUE(file->write_at(0, as_bytes("hello world")).ok());
    EXPECT_EQ(read(*file, 0, 11), "hello world");
    EXPECT_EQ(read(*file, 6, 3), "wor");
    EXPECT_EQ(*file->size(), 11u);
}

TEST_P(FileSystemTest, a_read_ends_where_the_file_ends) {
    auto file = create("a");
    ASSERT_TRUE(file->write_at(0, as_bytes("abc")).ok());
    EXPECT_EQ(read(*file, 1, 100), "bc");
    EXPECT_EQ(read(*file, 3, 1), "");
    EXPECT_EQ(read(*file, 5000, 1), "");
    EXPECT_EQ(read(*file, 0, 0), "");
}

TEST_P(FileSystemTest, a_write_beyond_the_end_leaves_zeros_between) {
    auto file = create("a");
    ASSERT_TRUE(file->write_at(9000, as_bytes("x")).ok());
    EXPECT_EQ(*file->size(), 9001u);
    EXPECT_EQ(read(*file, 0, 9001), std::string(9000, '\0') + "x");
}

TEST_P(FileSystemTest, an_overwrite_touches_nothing_else) {
    auto file = create("a");
    ASSERT_TRUE(file->write_at(0, as_bytes(std::string(10'000, 'a'))).ok());
    ASSERT_TRUE(file->write_at(4090, as_bytes(std::string(20, 'b'))).ok());
    EXPECT_EQ(read(*file, 0, 10'000),
              std::string(4090, 'a') + std::string(20, 'b') + std::string(5890, 'a'));
}

TEST_P(FileSystemTest, an_empty_write_changes_nothing) {
    auto file = create("a");
    ASSERT_TRUE(file->write_at(100, {}).ok());
    EXPECT_EQ(*file->size(), 0u);
}

TEST_P(FileSystemTest, a_shrunk_file_grows_again_with_zeros) {
    auto file = create("a");
    ASSERT_TRUE(file->write_at(0, as_bytes(std::string(9000, 'a'))).ok());
    ASSERT_TRUE(file->resize(4100).ok());
    EXPECT_EQ(*file->size(), 4100u);
    ASSERT_TRUE(file->resize(8000).ok());
    EXPECT_EQ(read(*file, 0, 9000), std::string(4100, 'a') + std::string(3900, '\0'));
}

TEST_P(FileSystemTest, sync_succeeds_as_often_as_it_is_asked) {
    auto file = create("a");
    EXPECT_TRUE(file->sync().ok());
    ASSERT_TRUE(file->write_at(0, as_bytes("abc")).ok());
    EXPECT_TRUE(file->sync().ok());
    EXPECT_TRUE(file->sync().ok());
    EXPECT_TRUE(files().sync_directory(path("")).ok());
    EXPECT_EQ(read("a"), "abc");
}

TEST_P(FileSystemTest, two_handles_see_one_file) {
    auto writer = create("a");
    auto reader = open("a", {});
    ASSERT_TRUE(writer->write_at(0, as_bytes("abc")).ok());
    EXPECT_EQ(read(*reader, 0, 3), "abc");
}

TEST_P(FileSystemTest, direct_reading_takes_any_offset_and_size) {
    std::string content(20'001, '\0');
    for (std::size_t index = 0; index < content.size(); ++index) {
        content[index] = static_cast<char>(index % 251);
    }
    write("a", content);
    auto file = open("a", {.direct = true});
    const std::vector<std::pair<std::uint64_t, std::size_t>> ranges = {
        {0, 20'001}, {0, 4096},      {1, 1},      {4095, 2},    {511, 8193},    {8192, 4096},
        {20'000, 1}, {20'000, 5000}, {20'001, 1}, {30'000, 10}, {4096, 15'905}, {3, 0}};
    for (const auto& [offset, bytes] : ranges) {
        const std::string expected =
            offset < content.size() ? content.substr(offset, bytes) : std::string();
        EXPECT_EQ(read(*file, offset, bytes), expected) << offset << "+" << bytes;
    }
}

TEST_P(FileSystemTest, direct_reading_takes_more_than_its_buffer) {
    Random random(1);
    std::string content((3 << 20) + 77, '\0');
    random.fill(std::as_writable_bytes(std::span(content)));
    write("a", content);
    auto file = open("a", {.direct = true});
    EXPECT_EQ(read(*file, 5, content.size()), content.substr(5));
}

TEST_P(FileSystemTest, a_file_opened_for_direct_reading_can_be_written_anywhere) {
    auto file = open("a", {.write = true, .create = true, .direct = true});
    ASSERT_TRUE(file->write_at(3, as_bytes("abc")).ok());
    EXPECT_EQ(read(*file, 2, 10), std::string(1, '\0') + "abc");
    ASSERT_TRUE(file->write_at(5, as_bytes("xyz")).ok());
    EXPECT_EQ(read(*file, 3, 10), "abxyz");
}

TEST_P(FileSystemTest, a_missing_file_is_not_found) {
    EXPECT_EQ(open_code("a", {}), Code::not_found);
    EXPECT_EQ(open_code("a", {.write = true}), Code::not_found);
    EXPECT_EQ(open_code("missing/a", {.write = true, .create = true}), Code::not_found);
    EXPECT_EQ(files().remove(path("a")).code(), Code::not_found);
    EXPECT_EQ(files().rename(path("a"), path("b")).code(), Code::not_found);
    EXPECT_EQ(files().list(path("missing")).status().code(), Code::not_found);
    EXPECT_EQ(files().sync_directory(path("missing")).code(), Code::not_found);
    EXPECT_EQ(files().create_directory(path("missing/a")).code(), Code::not_found);
    EXPECT_EQ(files().free_bytes(path("missing")).status().code(), Code::not_found);
    EXPECT_FALSE(exists("a"));
    EXPECT_FALSE(exists("missing/a"));
}

TEST_P(FileSystemTest, errors_name_the_path) {
    const Status status = files().open(path("a"), {}).status();
    EXPECT_NE(status.text().find(path("a")), std::string::npos) << status.text();
}

TEST_P(FileSystemTest, create_keeps_a_file_that_is_there) {
    write("a", "abc");
    EXPECT_EQ(read(*create("a"), 0, 10), "abc");
}

TEST_P(FileSystemTest, exclusive_fails_if_the_file_is_there) {
    constexpr OpenOptions exclusive{.write = true, .create = true, .exclusive = true};
    EXPECT_EQ(open_code("a", exclusive), Code::ok);
    EXPECT_EQ(open_code("a", exclusive), Code::io);
}

TEST_P(FileSystemTest, options_that_contradict_each_other_are_invalid) {
    EXPECT_EQ(open_code("a", {.create = true}), Code::invalid);
    EXPECT_EQ(open_code("a", {.write = true, .exclusive = true}), Code::invalid);
}

TEST_P(FileSystemTest, a_file_opened_for_reading_cannot_be_changed) {
    write("a", "abc");
    auto file = open("a", {});
    EXPECT_EQ(file->write_at(0, as_bytes("x")).code(), Code::io);
    EXPECT_FALSE(file->resize(0).ok());
    EXPECT_EQ(read("a"), "abc");
}

TEST_P(FileSystemTest, a_directory_is_not_a_file_nor_the_reverse) {
    write("a", "abc");
    ASSERT_TRUE(files().create_directory(path("d")).ok());
    EXPECT_EQ(open_code("d", {}), Code::io);
    EXPECT_EQ(open_code("a/b", {}), Code::io);
    EXPECT_EQ(files().list(path("a")).status().code(), Code::io);
    EXPECT_EQ(files().create_directory(path("a")).code(), Code::io);
    EXPECT_FALSE(files().remove(path("d")).ok());
    EXPECT_FALSE(files().sync_directory(path("a")).ok());
    EXPECT_FALSE(exists("a/b"));
    EXPECT_TRUE(exists("d"));
}

TEST_P(FileSystemTest, a_directory_is_removed_only_when_it_is_empty) {
    ASSERT_TRUE(files().create_directory(path("d")).ok());
    write("d/a", "abc");
    EXPECT_EQ(files().remove_directory(path("d")).code(), Code::io);
    EXPECT_EQ(read("d/a"), "abc");
    ASSERT_TRUE(files().remove(path("d/a")).ok());
    ASSERT_TRUE(files().remove_directory(path("d")).ok());
    ASSERT_TRUE(files().sync_directory(path("")).ok());
    EXPECT_FALSE(exists("d"));
    EXPECT_EQ(files().remove_directory(path("d")).code(), Code::not_found);
    write("a", "abc");
    EXPECT_EQ(files().remove_directory(path("a")).code(), Code::io);
    EXPECT_EQ(read("a"), "abc");
}

TEST_P(FileSystemTest, list_is_sorted_and_does_not_look_below) {
    EXPECT_EQ(list(), Names{});
    write("b", "");
    write("a", "");
    write("B", "");
    ASSERT_TRUE(files().create_directory(path("c")).ok());
    write("c/inner", "");
    EXPECT_EQ(list(), (Names{"B", "a", "b", "c"}));
    EXPECT_EQ(list("c"), Names{"inner"});
}

TEST_P(FileSystemTest, a_directory_may_be_created_twice) {
    EXPECT_TRUE(files().create_directory(path("d")).ok());
    EXPECT_TRUE(files().create_directory(path("d")).ok());
    EXPECT_TRUE(files().create_directory(path("d") + "/").ok());
}

TEST_P(FileSystemTest, rename_replaces) {
    write("a", "new");
    write("b", "old");
    ASSERT_TRUE(files().rename(path("a"), path("b")).ok());
    EXPECT_EQ(list(), Names{"b"});
    EXPECT_EQ(read("b"), "new");
    EXPECT_TRUE(files().rename(path("b"), path("b")).ok());
    EXPECT_EQ(read("b"), "new");
}

TEST_P(FileSystemTest, rename_moves_between_directories) {
    ASSERT_TRUE(files().create_directory(path("d")).ok());
    write("a", "abc");
    ASSERT_TRUE(files().rename(path("a"), path("d/b")).ok());
    EXPECT_EQ(list(), Names{"d"});
    EXPECT_EQ(read("d/b"), "abc");
}

TEST_P(FileSystemTest, rename_moves_a_directory_with_what_is_in_it) {
    ASSERT_TRUE(files().create_directory(path("d")).ok());
    write("d/a", "abc");
    ASSERT_TRUE(files().rename(path("d"), path("e")).ok());
    EXPECT_EQ(list(), Names{"e"});
    EXPECT_EQ(read("e/a"), "abc");
}

TEST_P(FileSystemTest, rename_refuses_what_cannot_be) {
    ASSERT_TRUE(files().create_directory(path("d")).ok());
    ASSERT_TRUE(files().create_directory(path("full")).ok());
    write("full/a", "abc");
    write("a", "");
    EXPECT_FALSE(files().rename(path("d"), path("d/e")).ok());
    EXPECT_FALSE(files().rename(path("d"), path("full")).ok());
    EXPECT_FALSE(files().rename(path("a"), path("d")).ok());
    EXPECT_FALSE(files().rename(path("d"), path("a")).ok());
    EXPECT_EQ(list(), (Names{"a", "d", "full"}));
}

TEST_P(FileSystemTest, a_removed_file_lives_on_in_its_handles) {
    write("a", "abc");
    auto file = open("a", {.write = true});
    ASSERT_TRUE(files().remove(path("a")).ok());
    ASSERT_TRUE(files().sync_directory(path("")).ok());
    EXPECT_EQ(list(), Names{});
    ASSERT_TRUE(file->write_at(3, as_bytes("def")).ok());
    EXPECT_EQ(read(*file, 0, 10), "abcdef");
    write("a", "another");
    EXPECT_EQ(read(*file, 0, 10), "abcdef");
}

TEST_P(FileSystemTest, a_handle_follows_its_file_when_that_is_renamed) {
    auto file = create("a");
    ASSERT_TRUE(files().rename(path("a"), path("b")).ok());
    ASSERT_TRUE(file->write_at(0, as_bytes("abc")).ok());
    EXPECT_TRUE(file->sync().ok());
    EXPECT_EQ(read("b"), "abc");
}

TEST_P(FileSystemTest, the_second_lock_is_told_who_has_the_first) {
    auto first = files().lock(path("lock"), "process 17 on ana\nsecret");
    ASSERT_TRUE(first.ok()) << first.status().text();
    auto second = files().lock(path("lock"), "process 18");
    ASSERT_EQ(second.status().code(), Code::locked);
    EXPECT_NE(second.status().text().find("process 17 on ana;"), std::string::npos)
        << second.status().text();
    EXPECT_NE(second.status().text().find(path("lock")), std::string::npos);
    EXPECT_EQ(read("lock").substr(0, 10), "process 17");
}

TEST_P(FileSystemTest, a_lock_ends_with_its_object) {
    auto first = files().lock(path("lock"), "one");
    ASSERT_TRUE(first.ok());
    first = files().lock(path("other"), "one");
    ASSERT_TRUE(first.ok());
    auto again = files().lock(path("lock"), "two");
    EXPECT_TRUE(again.ok());
    EXPECT_TRUE(exists("lock"));
    EXPECT_EQ(read("lock"), "two");
}

TEST_P(FileSystemTest, a_lock_is_asked_for_without_being_taken) {
    EXPECT_TRUE(files().probe_lock(path("lock")).ok());
    EXPECT_FALSE(exists("lock")) << "nothing is touched";
    {
        const auto lock = files().lock(path("lock"), "process 17");
        ASSERT_TRUE(lock.ok());
        const Status status = files().probe_lock(path("lock"));
        EXPECT_EQ(status.code(), Code::locked);
        EXPECT_NE(status.text().find("process 17"), std::string::npos) << status.text();
        EXPECT_EQ(read("lock"), "process 17");
    }
    EXPECT_TRUE(files().probe_lock(path("lock")).ok());
    EXPECT_TRUE(files().lock(path("lock"), "two").ok());
}

TEST_P(FileSystemTest, the_owner_of_a_lock_may_say_nothing) {
    auto first = files().lock(path("lock"), "");
    ASSERT_TRUE(first.ok());
    const Status status = files().lock(path("lock"), "two").status();
    EXPECT_NE(status.text().find("another program"), std::string::npos) << status.text();
}

TEST_P(FileSystemTest, there_is_some_free_space) {
    auto free = files().free_bytes(path(""));
    ASSERT_TRUE(free.ok());
    EXPECT_GT(*free, 0u);
}

TEST_P(FileSystemTest, an_offset_that_no_file_can_have_is_refused) {
    auto file = create("a");
    EXPECT_FALSE(file->write_at(~std::uint64_t{0} - 1, as_bytes("abc")).ok());
    EXPECT_FALSE(file->resize(~std::uint64_t{0}).ok());
    EXPECT_EQ(*file->size(), 0u);
}

TEST_P(FileSystemTest, random_use_agrees_with_a_map_of_strings) {
    const std::uint64_t seed = test_seed();
    SCOPED_TRACE(seed);
    Random random(seed);
    std::map<std::string, std::string> model;
    for (int step = 0; step < 500; ++step) {
        const std::string name(1, static_cast<char>('a' + random.below(4)));
        const std::string other(1, static_cast<char>('a' + random.below(4)));
        switch (random.below(6)) {
            case 0:
            case 1: {
                std::string bytes(random.below(6000), '\0');
                random.fill(std::as_writable_bytes(std::span(bytes)));
                const std::size_t offset = random.below(10'000);
                ASSERT_TRUE(create(name)->write_at(offset, as_bytes(bytes)).ok());
                std::string& expected = model[name];
                if (!bytes.empty() && expected.size() < offset + bytes.size()) {
                    expected.resize(offset + bytes.size());
                }
                if (!bytes.empty()) expected.replace(offset, bytes.size(), bytes);
                break;
            }
            case 2: {
                const std::size_t size = random.below(16'000);
                ASSERT_TRUE(create(name)->resize(size).ok());
                model[name].resize(size);
                break;
            }
            case 3: ASSERT_EQ(files().remove(path(name)).ok(), model.erase(name) == 1); break;
            case 4: {
                const bool there = model.contains(name);
                ASSERT_EQ(files().rename(path(name), path(other)).ok(), there);
                if (!there || name == other) break;
                model[other] = model[name];
                model.erase(name);
                break;
            }
            default:
                ASSERT_TRUE(create(name)->sync().ok());
                model[name];
                ASSERT_TRUE(files().sync_directory(path("")).ok());
                break;
        }
        Names names;
        for (const auto& [each, content] : model) {
            names.push_back(each);
            ASSERT_TRUE(read(each) == content) << "step " << step << " file " << each;
        }
        ASSERT_EQ(list(), names) << "step " << step;
    }
}

}  // namespace
}  // namespace perdure::io
