// What only a disk in memory can do: crash, be cloned, be full, be damaged.
#include "io/memory_file_system.h"

#include <set>
#include <thread>

#include <gtest/gtest.h>

namespace perdure::io {
namespace {

class MemoryFileSystemTest : public testing::Test {
protected:
    static std::unique_ptr<File> open(FileSystem& files, const std::string& path) {
        auto opened = files.open(path, {.write = true, .create = true});
        EXPECT_TRUE(opened.ok()) << opened.status().text();
        return *std::move(opened);
    }
    std::unique_ptr<File> open(const std::string& path) { return open(disk_, path); }
    void write(const std::string& path, std::string_view bytes) {
        ASSERT_TRUE(open(path)->write_at(0, as_bytes(bytes)).ok());
    }
    void write_synced(const std::string& path, std::string_view bytes) {
        write(path, bytes);
        ASSERT_TRUE(open(path)->sync().ok());
        ASSERT_TRUE(disk_.sync_directory(parent_path(path)).ok());
    }
    static std::string read(FileSystem& files, const std::string& path) {
        auto content = read_file(files, path, 1 << 20);
        return content.ok() ? *content : std::string(code_name(content.status().code()));
    }
    std::string read(const std::string& path) { return read(disk_, path); }

    MemoryFileSystem disk_;
};

TEST_F(MemoryFileSystemTest, a_crash_keeps_what_was_synced) {
    write_synced("a", "synced");
    write("a", "changed");
    write("b", "never synced");
    disk_.crash_losing_everything();
    EXPECT_EQ(read("a"), "synced");
    EXPECT_EQ(read("b"), "not_found");
}

TEST_F(MemoryFileSystemTest, a_crash_may_keep_everything) {
    write_synced("a", "synced");
    write("a", "changed");
    write("b", "never synced");
    disk_.crash_keeping_everything();
    EXPECT_EQ(read("a"), "changed");
    EXPECT_EQ(read("b"), "never synced");
}

TEST_F(MemoryFileSystemTest, synced_bytes_without_a_synced_name_may_vanish) {
    write("a", "abc");
    ASSERT_TRUE(open("a")->sync().ok());
    disk_.crash_losing_everything();
    EXPECT_EQ(read("a"), "not_found");
}

TEST_F(MemoryFileSystemTest, a_synced_name_without_synced_bytes_may_be_empty) {
    write("a", "abc");
    ASSERT_TRUE(disk_.sync_directory("").ok());
    disk_.crash_losing_everything();
    EXPECT_EQ(read("a"), "");
}

TEST_F(MemoryFileSystemTest, a_crash_is_a_sync_of_what_it_left) {
    write("a", "abc");
    disk_.crash_keeping_everything();
    disk_.crash_losing_everything();
    EXPECT_EQ(read("a"), "abc");
}

TEST_F(MemoryFileSystemTest, files_that_were_open_fail_after_a_crash) {
    write_synced("a", "abc");
    auto file = open("a");
    disk_.crash_keeping_everything();
    std::byte byte{};
    EXPECT_EQ(file->read_at(0, {&byte, 1}).status().code(), Code::io);
    EXPECT_EQ(file->write_at(0, {&byte, 1}).code(), Code::io);
    EXPECT_EQ(file->sync().code(), Code::io);
    EXPECT_EQ(file->size().status().code(), Code::io);
    EXPECT_EQ(file->resize(0).code(), Code::io);
    EXPECT_EQ(read("a"), "abc");
}

TEST_F(MemoryFileSystemTest, a_crash_releases_locks) {
    auto before = disk_.lock("lock", "one");
    ASSERT_TRUE(before.ok());
    disk_.crash_keeping_everything();
    auto after = disk_.lock("lock", "two");
    ASSERT_TRUE(after.ok());
    before = Status(Code::io, "gone");  // lets go of the old lock, not of the new one
    EXPECT_EQ(disk_.lock("lock", "three").status().code(), Code::locked);
}

TEST_F(MemoryFileSystemTest, the_same_seed_crashes_the_same_way) {
    write_synced("a", std::string(20'000, 'o'));
    write("a", std::string(20'000, 'n'));
    write("b", "abc");
    std::set<std::string> found;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        auto one = disk_.clone();
        auto two = disk_.clone();
        Random random_one(seed);
        Random random_two(seed);
        one->crash(random_one);
        two->crash(random_two);
        ASSERT_TRUE(read(*one, "a") == read(*two, "a"));
        ASSERT_EQ(read(*one, "b"), read(*two, "b"));
        found.insert(read(*one, "a"));
    }
    EXPECT_GT(found.size(), 10u);
}

TEST_F(MemoryFileSystemTest, a_clone_goes_its_own_way) {
    write_synced("a", "synced");
    write("a", "SYN");
    auto file = open("a");
    auto held = disk_.lock("lock", "one");
    auto copy = disk_.clone();
    EXPECT_TRUE(copy->lock("lock", "another").ok());

    EXPECT_TRUE(file->write_at(3, as_bytes("CED")).ok());
    copy->crash_losing_everything();
    EXPECT_EQ(read(*copy, "a"), "synced");
    EXPECT_EQ(read("a"), "SYNCED");
    EXPECT_TRUE(file->sync().ok());
    disk_.crash_losing_everything();
    EXPECT_EQ(read("a"), "SYNCED");
    EXPECT_EQ(read(*copy, "a"), "synced");
}

TEST_F(MemoryFileSystemTest, files_may_outlive_their_file_system) {
    auto disk = std::make_unique<MemoryFileSystem>();
    auto file = open(*disk, "a");
    auto held = disk->lock("lock", "one");
    disk.reset();
    EXPECT_TRUE(file->write_at(0, as_bytes("abc")).ok());
    EXPECT_EQ(*file->size(), 3u);
}

TEST_F(MemoryFileSystemTest, a_full_disk_takes_what_fits) {
    disk_.set_capacity_bytes(3 * 4096);
    auto file = open("a");
    ASSERT_TRUE(file->write_at(0, as_bytes(std::string(4096, 'a'))).ok());
    EXPECT_EQ(*disk_.free_bytes(""), 2u * 4096);
    const Status status = file->write_at(4096, as_bytes(std::string(3 * 4096, 'b')));
    EXPECT_EQ(status.code(), Code::no_space);
    EXPECT_EQ(*file->size(), 3u * 4096);
    EXPECT_EQ(*disk_.free_bytes(""), 0u);
    EXPECT_EQ(open("b")->write_at(0, as_bytes("x")).code(), Code::no_space);
}

TEST_F(MemoryFileSystemTest, a_full_disk_still_takes_overwrites) {
    disk_.set_capacity_bytes(2 * 4096);
    write("a", std::string(8192, 'a'));
    auto file = open("a");
    EXPECT_TRUE(file->write_at(100, as_bytes(std::string(8000, 'b'))).ok());
    EXPECT_EQ(file->write_at(8192, as_bytes("x")).code(), Code::no_space);
}

TEST_F(MemoryFileSystemTest, removing_gives_space_back) {
    disk_.set_capacity_bytes(4096);
    write("a", "abc");
    EXPECT_EQ(open("b")->write_at(0, as_bytes("x")).code(), Code::no_space);
    ASSERT_TRUE(disk_.remove("a").ok());
    EXPECT_TRUE(open("b")->write_at(0, as_bytes("x")).ok());
}

TEST_F(MemoryFileSystemTest, damage_is_seen_and_stays) {
    write_synced("a", "abc");
    disk_.flip_bit("a", 1, 0);
    EXPECT_EQ(read("a"), "acc");
    disk_.write_at_rest("a", 2, as_bytes("X"));
    disk_.crash_losing_everything();
    EXPECT_EQ(read("a"), "acX");
    disk_.truncate_at_rest("a", 1);
    EXPECT_EQ(read("a"), "a");
}

TEST_F(MemoryFileSystemTest, at_rest_are_the_synced_bytes) {
    write_synced("a", "abc");
    write("a", "xyz");
    EXPECT_EQ(as_text(disk_.read_at_rest("a")), "abc");
}

TEST_F(MemoryFileSystemTest, damaging_what_is_not_there_is_a_bug_of_the_test) {
    write_synced("a", "abc");
    EXPECT_DEATH(disk_.flip_bit("a", 3, 0), "");
    EXPECT_DEATH(disk_.flip_bit("b", 0, 0), "");
    EXPECT_DEATH(disk_.write_at_rest("a", 2, as_bytes("XY")), "");
}

TEST_F(MemoryFileSystemTest, a_failed_flush_shows_in_direct_reading) {
    write_synced("a", "abc");
    write("a", "xyz");
    disk_.lose_unsynced("a");
    EXPECT_EQ(read("a"), "xyz");
    auto direct = disk_.open("a", {.direct = true});
    std::string bytes(3, '?');
    ASSERT_TRUE((*direct)->read_at(0, std::as_writable_bytes(std::span(bytes))).ok());
    EXPECT_EQ(bytes, "abc");
}

TEST_F(MemoryFileSystemTest, threads_may_use_it_while_it_is_cloned_and_crashed) {
    constexpr int thread_count = 4;
    std::vector<std::thread> threads;
    for (int number = 0; number < thread_count; ++number) {
        threads.emplace_back([this, number] {
            const std::string path = "file" + std::to_string(number);
            auto file = open(path);
            for (std::uint64_t round = 0; round < 200; ++round) {
                EXPECT_TRUE(file->write_at(round * 100, as_bytes(std::string(100, 'x'))).ok());
                const Status synced = round % 8 == 0 ? file->sync() : disk_.sync_directory("");
                EXPECT_TRUE(synced.ok()) << synced.text();
            }
        });
    }
    Random random(1);
    for (int round = 0; round < 50; ++round) {
        auto copy = disk_.clone();
        copy->crash(random);
        const auto names = copy->list("");
        for (const std::string& name : *names) static_cast<void>(read(*copy, name));
    }
    for (std::thread& thread : threads) thread.join();
    for (int number = 0; number < thread_count; ++number) {
        EXPECT_EQ(read("file" + std::to_string(number)), std::string(20'000, 'x'));
    }
}

TEST_F(MemoryFileSystemTest, a_crash_keeps_just_the_parts_that_are_chosen) {
    write_synced("a", "old");
    write("a", "new");
    write("b", "fresh");
    const std::vector<UnsyncedPart> parts = disk_.unsynced_parts();
    ASSERT_EQ(parts.size(), 4U);  // the name of b; a sector of a; the length and a sector of b
    EXPECT_EQ(parts[0].name, "b");
    EXPECT_EQ(parts[1].name, "a");
    EXPECT_EQ(static_cast<int>(parts[2].kind), static_cast<int>(UnsyncedPart::Kind::length));
    for (const bool name : {false, true}) {
        for (const bool bytes : {false, true}) {
            const auto copy = disk_.clone();
            copy->crash_keeping({name, bytes, true, true});
            EXPECT_EQ(read(*copy, "a"), bytes ? "new" : "old");
            EXPECT_EQ(read(*copy, "b"), name ? "fresh" : "not_found");
            EXPECT_TRUE(copy->unsynced_parts().empty());
        }
    }
}

}  // namespace
}  // namespace perdure::io
