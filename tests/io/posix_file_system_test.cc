// What only the real disk does: permissions, limits of the process, locks between processes.
#include "io/posix_file_system.h"

#include <array>
#include <cerrno>
#include <csignal>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/posix_error.h"
#include "io/temporary_directory.h"

namespace perdure::io {
namespace {

class PosixFileSystemTest : public testing::Test {
protected:
    std::string path(const std::string& name) const { return join_path(directory_.path(), name); }
    std::unique_ptr<File> create(const std::string& at) {
        auto opened = files_.open(at, {.write = true, .create = true});
        EXPECT_TRUE(opened.ok()) << opened.status().text();
        return *std::move(opened);
    }
    static unsigned mode_of(const std::string& at) {
        struct stat found {};
        EXPECT_EQ(::stat(at.c_str(), &found), 0);
        return found.st_mode & 0777u;
    }

    TemporaryDirectory directory_;
    PosixFileSystem files_;
};

TEST_F(PosixFileSystemTest, files_and_directories_are_for_their_owner_alone) {
    create(path("a"));
    ASSERT_TRUE(files_.create_directory(path("d")).ok());
    ASSERT_TRUE(files_.lock(path("lock"), "me").ok());
    EXPECT_EQ(mode_of(path("a")), 0600u);
    EXPECT_EQ(mode_of(path("lock")), 0600u);
    EXPECT_EQ(mode_of(path("d")), 0700u);
}

TEST_F(PosixFileSystemTest, a_full_device_is_no_space) {
    auto full = files_.open("/dev/full", {.write = true});
    ASSERT_TRUE(full.ok()) << full.status().text();
    const Status status = (*full)->write_at(8192, as_bytes("abc"));
    EXPECT_EQ(status.code(), Code::no_space);
    EXPECT_NE(status.text().find("cannot write 3 bytes at offset 8192 of /dev/full"),
              std::string::npos)
        << status.text();
}

TEST_F(PosixFileSystemTest, a_failed_flush_is_final) {
    auto null = files_.open("/dev/null", {.write = true});  // which cannot be flushed
    ASSERT_TRUE(null.ok());
    EXPECT_EQ((*null)->sync().code(), Code::io);
    const Status again = (*null)->sync();
    EXPECT_EQ(again.code(), Code::io);
    EXPECT_NE(again.text().find("an earlier flush failed"), std::string::npos) << again.text();
}

// The kernel writes what fits below the limit and says so; only the next attempt fails.
TEST_F(PosixFileSystemTest, a_short_write_is_continued) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    auto file = create(path("a"));
    const rlimit small{.rlim_cur = 5000, .rlim_max = before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const Status status = file->write_at(0, as_bytes(std::string(6000, 'a')));
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, handler);

    EXPECT_EQ(status.code(), Code::io);
    EXPECT_NE(status.text().find("cannot write 1000 bytes at offset 5000"), std::string::npos)
        << status.text();
    EXPECT_EQ(*file->size(), 5000u);
}

TEST_F(PosixFileSystemTest, a_lock_is_released_when_its_process_is_killed) {
    std::array<int, 2> ready{};
    ASSERT_EQ(::pipe(ready.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        auto held = files_.lock(path("lock"), "the child");
        if (held.ok() && ::write(ready[1], "x", 1) == 1) ::pause();
        ::_exit(1);
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    const Status refused = files_.lock(path("lock"), "the parent").status();
    EXPECT_EQ(refused.code(), Code::locked);
    EXPECT_NE(refused.text().find("held by the child"), std::string::npos) << refused.text();

    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_TRUE(files_.lock(path("lock"), "the parent").ok());
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_F(PosixFileSystemTest, direct_reading_is_ordinary_where_the_file_system_has_none) {
    auto file = files_.open("/proc/self/status", {.direct = true});
    ASSERT_TRUE(file.ok()) << file.status().text();
    std::string start(5, '?');
    auto read = (*file)->read_at(0, std::as_writable_bytes(std::span(start)));
    ASSERT_TRUE(read.ok()) << read.status().text();
    EXPECT_EQ(start, "Name:");
}

TEST_F(PosixFileSystemTest, an_empty_path_is_the_working_directory) {
    EXPECT_TRUE(files_.list("").ok());
    EXPECT_TRUE(files_.free_bytes("").ok());
    EXPECT_TRUE(*files_.exists(""));
    EXPECT_TRUE(files_.sync_directory("").ok());
}

TEST(posix_error, maps_each_errno_to_one_code) {
    EXPECT_EQ(posix_error(ENOSPC, "x").code(), Code::no_space);
    EXPECT_EQ(posix_error(EDQUOT, "x").code(), Code::no_space);
    EXPECT_EQ(posix_error(ENOENT, "x").code(), Code::not_found);
    EXPECT_EQ(posix_error(EIO, "x").code(), Code::io);
    EXPECT_EQ(posix_error(EACCES, "x").code(), Code::io);
}

TEST(posix_error, says_what_the_system_says_and_what_to_do) {
    EXPECT_EQ(posix_error(ENOSPC, "cannot write a").text(),
              "no_space: cannot write a: No space left on device; free space on that file system");
    EXPECT_EQ(posix_error(ENOTDIR, "cannot open a").text(), "io: cannot open a: Not a directory");
}

}  // namespace
}  // namespace perdure::io
