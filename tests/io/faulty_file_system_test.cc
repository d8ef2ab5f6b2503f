#include "io/faulty_file_system.h"

#include <array>

#include <gtest/gtest.h>

#include "io/memory_file_system.h"

namespace perdure::io {
namespace {

class FaultyFileSystemTest : public testing::Test {
protected:
    FaultyFileSystemTest() {
        auto opened = faulty_.open("a", {.write = true, .create = true});  // operation 1
        EXPECT_TRUE(opened.ok());
        file_ = *std::move(opened);
    }
    Status write(std::uint64_t offset, std::string_view bytes) {
        return file_->write_at(offset, as_bytes(bytes));
    }
    std::string read() { return *read_file(disk_, "a", 1 << 20); }

    MemoryFileSystem disk_;
    FaultyFileSystem faulty_{disk_};
    std::unique_ptr<File> file_;
};

TEST_F(FaultyFileSystemTest, without_faults_all_is_passed_on_and_counted) {
    EXPECT_TRUE(write(0, "abc").ok());
    EXPECT_TRUE(write(3, "def").ok());
    EXPECT_TRUE(file_->sync().ok());
    EXPECT_EQ(*file_->size(), 6u);
    EXPECT_EQ(faulty_.operation_count(OperationKind::open), 1u);
    EXPECT_EQ(faulty_.operation_count(OperationKind::write), 2u);
    EXPECT_EQ(faulty_.operation_count(OperationKind::sync), 1u);
    EXPECT_EQ(faulty_.operation_count(OperationKind::read), 0u);
    EXPECT_EQ(faulty_.operation_count(), 5u);
    EXPECT_EQ(read(), "abcdef");
}

TEST_F(FaultyFileSystemTest, fail_io_fails_once_and_does_nothing) {
    faulty_.inject({.kind = OperationKind::write, .at = 2, .type = FaultType::fail_io});
    EXPECT_TRUE(write(0, "abc").ok());
    EXPECT_EQ(write(0, "xyz").code(), Code::io);
    EXPECT_EQ(read(), "abc");
    EXPECT_TRUE(write(0, "def").ok());
    EXPECT_EQ(read(), "def");
}

TEST_F(FaultyFileSystemTest, from_then_on_fails_until_cleared) {
    faulty_.inject({.kind = OperationKind::sync, .at = 2, .from_then_on = true});
    EXPECT_TRUE(file_->sync().ok());
    EXPECT_EQ(file_->sync().code(), Code::io);
    EXPECT_EQ(file_->sync().code(), Code::io);
    EXPECT_TRUE(write(0, "abc").ok());
    faulty_.clear_faults();
    EXPECT_TRUE(file_->sync().ok());
}

TEST_F(FaultyFileSystemTest, fail_no_space_says_so) {
    faulty_.inject({.kind = OperationKind::write, .type = FaultType::fail_no_space});
    EXPECT_EQ(write(0, "abc").code(), Code::no_space);
    EXPECT_EQ(read(), "");
}

TEST_F(FaultyFileSystemTest, short_write_leaves_a_prefix) {
    faulty_.inject({.kind = OperationKind::write, .type = FaultType::short_write});
    EXPECT_EQ(write(0, "abcdef").code(), Code::io);
    EXPECT_EQ(read(), "abc");
}

TEST_F(FaultyFileSystemTest, short_write_fails_what_is_no_write) {
    faulty_.inject({.type = FaultType::short_write});
    EXPECT_EQ(file_->sync().code(), Code::io);
}

TEST_F(FaultyFileSystemTest, a_cut_transfer_is_done_in_two_operations) {
    faulty_.inject({.kind = OperationKind::write, .type = FaultType::cut_transfer});
    faulty_.inject({.kind = OperationKind::read, .type = FaultType::cut_transfer});
    EXPECT_TRUE(write(0, "abcde").ok());
    EXPECT_EQ(faulty_.operation_count(OperationKind::write), 2u);
    std::array<std::byte, 9> bytes{};
    const auto got = file_->read_at(0, bytes);  // the end of the file is in the second half
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(*got, 5u);
    EXPECT_EQ(bytes[4], std::byte{'e'});
    EXPECT_EQ(faulty_.operation_count(OperationKind::read), 2u);
}

TEST_F(FaultyFileSystemTest, the_second_half_of_a_cut_write_may_fail_by_itself) {
    faulty_.inject({.kind = OperationKind::write, .type = FaultType::cut_transfer});
    faulty_.inject({.kind = OperationKind::write, .at = 2});
    EXPECT_EQ(write(0, "abcdef").code(), Code::io);
    EXPECT_EQ(read(), "abc");
}

TEST_F(FaultyFileSystemTest, transfers_are_cut_down_to_a_byte_and_no_further) {
    faulty_.inject({.type = FaultType::cut_transfer, .from_then_on = true});
    EXPECT_TRUE(write(0, "abcdefgh").ok());
    EXPECT_EQ(faulty_.operation_count(OperationKind::write), 4u);
    EXPECT_TRUE(file_->sync().ok());
    EXPECT_EQ(read(), "abcdefgh");
}

TEST_F(FaultyFileSystemTest, at_a_crash_point_the_power_is_gone_for_good) {
    faulty_.inject({.at = 2, .type = FaultType::crash_point});
    EXPECT_TRUE(write(0, "abc").ok());
    EXPECT_FALSE(faulty_.stopped());
    EXPECT_EQ(write(3, "def").code(), Code::io);
    EXPECT_TRUE(faulty_.stopped());
    EXPECT_EQ(file_->sync().code(), Code::io);
    EXPECT_EQ(file_->size().status().code(), Code::io);
    faulty_.clear_faults();
    EXPECT_EQ(faulty_.open("a", {}).status().code(), Code::io);
    EXPECT_EQ(read(), "abc");
}

TEST_F(FaultyFileSystemTest, stop_is_a_crash_point_now) {
    faulty_.stop();
    EXPECT_EQ(write(0, "abc").code(), Code::io);
    EXPECT_EQ(faulty_.list("").status().code(), Code::io);
    EXPECT_EQ(read(), "");
}

TEST_F(FaultyFileSystemTest, a_lost_write_is_ok_and_nowhere) {
    faulty_.inject({.kind = OperationKind::write, .type = FaultType::lost_write});
    EXPECT_TRUE(write(0, "abc").ok());
    EXPECT_EQ(read(), "");
}

TEST_F(FaultyFileSystemTest, a_misplaced_write_is_ok_and_elsewhere) {
    faulty_.inject({.kind = OperationKind::write, .type = FaultType::misplaced_write});
    EXPECT_TRUE(write(0, "abc").ok());
    EXPECT_EQ(read(), std::string(block_bytes, '\0') + "abc");
}

TEST_F(FaultyFileSystemTest, a_fault_may_be_for_some_paths_only) {
    faulty_.inject({.from_then_on = true, .path_part = "journal/"});
    EXPECT_TRUE(write(0, "abc").ok());
    EXPECT_TRUE(faulty_.create_directory("journal").ok());
    EXPECT_EQ(faulty_.open("journal/1", {.write = true, .create = true}).status().code(), Code::io);
    EXPECT_EQ(faulty_.rename("a", "journal/1").code(), Code::io);
    EXPECT_TRUE(faulty_.rename("a", "b").ok());
}

TEST_F(FaultyFileSystemTest, faults_count_apart) {
    faulty_.inject({.kind = OperationKind::write, .at = 1, .type = FaultType::fail_io});
    faulty_.inject({.kind = OperationKind::write, .at = 2, .type = FaultType::fail_no_space});
    EXPECT_EQ(write(0, "abc").code(), Code::io);
    EXPECT_EQ(write(0, "abc").code(), Code::no_space);
    EXPECT_TRUE(write(0, "abc").ok());
}

TEST_F(FaultyFileSystemTest, every_kind_of_operation_can_fail) {
    ASSERT_TRUE(disk_.create_directory("d").ok());
    std::byte byte{};
    const std::vector<std::function<Status()>> operations = {
        [&] { return faulty_.open("a", {}).status(); },
        [&] { return faulty_.exists("a").status(); },
        [&] { return faulty_.list("").status(); },
        [&] { return faulty_.create_directory("d"); },
        [&] { return faulty_.rename("a", "b"); },
        [&] { return faulty_.remove("b"); },
        [&] { return faulty_.sync_directory(""); },
        [&] { return faulty_.lock("lock", "me").status(); },
        [&] { return faulty_.free_bytes("").status(); },
        [&] {
            return file_->read_at(0, {&byte, 1}).status();
        },
        [&] {
            return file_->write_at(0, {&byte, 1});
        },
        [&] { return file_->sync(); },
        [&] { return file_->size().status(); },
        [&] { return file_->resize(1); },
    };
    ASSERT_EQ(operations.size(), operation_kind_count);
    for (std::size_t index = 0; index < operations.size(); ++index) {
        const auto kind = static_cast<OperationKind>(index);
        faulty_.inject({.kind = kind});
        const Status failed = operations[index]();
        EXPECT_EQ(failed.code(), Code::io) << operation_name(kind);
        EXPECT_NE(failed.text().find(operation_name(kind)), std::string::npos) << failed.text();
        EXPECT_TRUE(operations[index]().ok()) << operation_name(kind);
    }
}

TEST_F(FaultyFileSystemTest, the_hook_sees_each_operation_before_it_happens) {
    std::vector<std::string> seen;
    faulty_.on_operation = [&](const Operation& operation) {
        seen.push_back(std::to_string(operation.index) + " " +
                       std::string(operation_name(operation.kind)) + " " +
                       std::string(operation.path) + " " + std::to_string(operation.offset) + "+" +
                       std::to_string(operation.bytes) + " then " + read());
    };
    EXPECT_TRUE(write(0, "abc").ok());
    EXPECT_TRUE(write(3, "def").ok());
    EXPECT_TRUE(file_->sync().ok());
    EXPECT_EQ(seen, (std::vector<std::string>{"2 write a 0+3 then ", "3 write a 3+3 then abc",
                                              "4 sync a 0+0 then abcdef"}));
}

TEST_F(FaultyFileSystemTest, the_hook_may_capture_the_disk_and_inject) {
    std::vector<std::unique_ptr<MemoryFileSystem>> captured;
    faulty_.on_operation = [&](const Operation& operation) {
        captured.push_back(disk_.clone());
        if (operation.offset == 3) faulty_.inject({.type = FaultType::crash_point});
    };
    EXPECT_TRUE(write(0, "abc").ok());
    EXPECT_FALSE(write(3, "def").ok());
    ASSERT_EQ(captured.size(), 2u);
    EXPECT_EQ(*read_file(*captured[0], "a", 100), "");
    EXPECT_EQ(*read_file(*captured[1], "a", 100), "abc");
}

}  // namespace
}  // namespace perdure::io
