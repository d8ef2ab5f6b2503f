// The functions that are written on top of any FileSystem.
#include "io/file_system.h"

#include <functional>

#include <gtest/gtest.h>

#include "base/random.h"
#include "io/file_system_fixture.h"

namespace perdure::io {
namespace {

using FileFunctionsTest = FileSystemTest;

INSTANTIATE_TEST_SUITE_P(Every, FileFunctionsTest, every_implementation(), implementation_name);

TEST_P(FileFunctionsTest, read_file_believes_no_more_than_its_limit) {
    write("a", "abcdef");
    EXPECT_EQ(*read_file(files(), path("a"), 6), "abcdef");
    EXPECT_EQ(read_file(files(), path("a"), 5).status().code(), Code::corrupt);
    EXPECT_EQ(read_file(files(), path("b"), 5).status().code(), Code::not_found);
}

TEST_P(FileFunctionsTest, replace_file_makes_and_replaces) {
    const std::string directory = path("");
    ASSERT_TRUE(replace_file(files(), directory, "a", as_bytes("first, longer")).ok());
    EXPECT_EQ(read("a"), "first, longer");
    write("a.new", "left behind by a crash, longer than what comes now");
    ASSERT_TRUE(replace_file(files(), directory, "a", as_bytes("second")).ok());
    EXPECT_EQ(read("a"), "second");
    ASSERT_TRUE(replace_file(files(), directory, "a", {}).ok());
    EXPECT_EQ(read("a"), "");
    EXPECT_EQ(list(), Names{"a"});
}

TEST(join_path, puts_one_slash_between) {
    EXPECT_EQ(join_path("a", "b"), "a/b");
    EXPECT_EQ(join_path("a/", "b"), "a/b");
    EXPECT_EQ(join_path("/", "b"), "/b");
    EXPECT_EQ(join_path("", "b"), "b");
}

TEST(locked_error, shows_nothing_of_a_lock_file_that_a_terminal_might_obey) {
    EXPECT_NE(locked_error("lock", "process 17\x1B[2J").message().find("process 17;"),
              std::string_view::npos);
    EXPECT_NE(locked_error("lock", "process 17\xC2\x9B[2J").message().find("process 17;"),
              std::string_view::npos);
    EXPECT_NE(locked_error("lock", "\xFF").message().find("another program;"),
              std::string_view::npos);
}

TEST(parent_path, is_what_join_path_was_given) {
    EXPECT_EQ(parent_path("a/b"), "a");
    EXPECT_EQ(parent_path("a/b/"), "a");
    EXPECT_EQ(parent_path("a/b/c"), "a/b");
    EXPECT_EQ(parent_path("/b"), "/");
    EXPECT_EQ(parent_path("/"), "/");
    EXPECT_EQ(parent_path("b"), "");
}

// replace_file under a crash before each of its operations, and each way in which that crash may
// go. Without its sync, or its rename, this loop would find a file that is neither: see the two
// tests below it.
using Replace = std::function<Status(FileSystem&, ByteSpan)>;

// Whether, after every crash, `name` was the old content or the new one, and the new one if that
// was OK.
bool is_atomic(const Replace& replace) {
    const std::string old_text(3000, 'o');
    const std::string new_text(5000, 'n');
    for (std::uint64_t at = 1;; ++at) {
        MemoryFileSystem before;
        EXPECT_TRUE(before.create_directory("world").ok());
        EXPECT_TRUE(before.sync_directory("").ok());
        EXPECT_TRUE(replace_file(before, "world", "identity", as_bytes(old_text)).ok());
        FaultyFileSystem faulty(before);
        faulty.inject({.at = at, .type = FaultType::crash_point});
        const bool replaced = replace(faulty, as_bytes(new_text)).ok();
        for (std::uint64_t seed = 0; seed < 200; ++seed) {
            auto after = before.clone();
            Random random(seed);
            after->crash(random);
            const auto found = read_file(*after, "world/identity", 1 << 20);
            if (!found.ok()) return false;
            if (*found != new_text && (replaced || *found != old_text)) return false;
        }
        if (replaced) return at > 3;
    }
}

TEST(replace_file, is_all_or_nothing_whenever_the_power_fails) {
    EXPECT_TRUE(is_atomic([](FileSystem& files, ByteSpan content) {
        return replace_file(files, "world", "identity", content);
    }));
}

Status write_new(FileSystem& files, ByteSpan content, bool sync) {
    auto file = files.open("world/identity.new", {.write = true, .create = true});
    if (!file.ok()) return file.status();
    const Status written = (*file)->write_at(0, content);
    return written.ok() && sync ? (*file)->sync() : written;
}

TEST(replace_file, would_be_caught_if_it_forgot_to_sync_the_content) {
    EXPECT_FALSE(is_atomic([](FileSystem& files, ByteSpan content) {
        if (Status written = write_new(files, content, false); !written.ok()) return written;
        if (Status renamed = files.rename("world/identity.new", "world/identity"); !renamed.ok()) {
            return renamed;
        }
        return files.sync_directory("world");
    }));
}

TEST(replace_file, would_be_caught_if_it_forgot_to_sync_the_directory) {
    EXPECT_FALSE(is_atomic([](FileSystem& files, ByteSpan content) {
        if (Status written = write_new(files, content, true); !written.ok()) return written;
        return files.rename("world/identity.new", "world/identity");
    }));
}

TEST(replace_file, keeps_the_old_file_and_cleans_up_when_the_disk_is_full) {
    MemoryFileSystem disk;
    ASSERT_TRUE(replace_file(disk, "", "a", as_bytes("old")).ok());
    disk.set_capacity_bytes(2 * block_bytes);
    const std::string large(3 * block_bytes, 'n');
    EXPECT_EQ(replace_file(disk, "", "a", as_bytes(large)).code(), Code::no_space);
    EXPECT_EQ(*read_file(disk, "a", 100), "old");
    EXPECT_EQ(*disk.list(""), std::vector<std::string>{"a"});
    EXPECT_EQ(*disk.free_bytes(""), block_bytes);
}

TEST(replace_file, keeps_one_of_both_whichever_operation_fails) {
    for (std::uint64_t at = 1;; ++at) {
        MemoryFileSystem disk;
        ASSERT_TRUE(replace_file(disk, "", "a", as_bytes("old")).ok());
        FaultyFileSystem faulty(disk);
        faulty.inject({.at = at});
        const Status replaced = replace_file(faulty, "", "a", as_bytes("new"));
        const std::string found = *read_file(disk, "a", 100);
        if (replaced.ok()) {
            EXPECT_EQ(found, "new");
            EXPECT_GT(at, 5u);
            break;
        }
        EXPECT_TRUE(found == "old" || found == "new") << found;
    }
}

}  // namespace
}  // namespace perdure::io
