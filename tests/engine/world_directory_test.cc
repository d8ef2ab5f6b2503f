// Cites the rules I-n of docs/format/identity.md.
#include "engine/world_directory.h"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/checksum.h"
#include "base/error.h"
#include "io/faulty_file_system.h"
#include "io/memory_file_system.h"
#include "model/format_page.h"

namespace perdure::engine {
namespace {

constexpr std::string_view example_text = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
constexpr std::uint64_t new_year_2025_us = 1'735'689'600'000'000;

class WorldDirectoryTest : public testing::Test {
protected:
    WorldDirectoryTest() {
        example_.bytes = {std::byte{0x6b}, std::byte{0xa7}, std::byte{0xb8}, std::byte{0x10},
                          std::byte{0x9d}, std::byte{0xad}, std::byte{0x41}, std::byte{0xd1},
                          std::byte{0x80}, std::byte{0xb4}, std::byte{0x00}, std::byte{0xc0},
                          std::byte{0x4f}, std::byte{0xd4}, std::byte{0x30}, std::byte{0xc8}};
    }

    // All that opening a directory does to make a world there.
    Status make(io::FileSystem& files) {
        PERDURE_TRY(files.create_directory("shard7"));
        WorldDirectory directory(files, "shard7");
        PERDURE_TRY(directory.lock(clock_));
        return directory.create(example_, clock_).status();
    }
    Result<Identity> read() { return WorldDirectory(disk_, "shard7").read_identity(); }
    void write_identity(ByteSpan bytes) {
        ASSERT_TRUE(disk_.create_directory("shard7").ok());
        ASSERT_TRUE(io::replace_file(disk_, "shard7", "identity", bytes).ok());
    }
    // The identity with bytes changed and the checksum made right again.
    void rewrite(const std::function<void(std::byte*)>& change) {
        std::vector<std::byte> bytes = disk_.read_at_rest("shard7/identity");
        change(bytes.data());
        store_le(bytes.data() + 56, checksum64(ByteSpan(bytes).first(56)));
        write_identity(bytes);
    }

    io::MemoryFileSystem disk_;
    io::ManualClock clock_;
    Uuid example_;
};

TEST_F(WorldDirectoryTest, I_1_without_an_identity_there_is_no_world) {
    EXPECT_EQ(read().status().code(), Code::not_found);
    EXPECT_NE(read().status().message().find("shard7"), std::string::npos);
}

TEST_F(WorldDirectoryTest, a_world_that_was_made_has_its_identity_and_folders) {
    ASSERT_TRUE(make(disk_).ok());
    const auto identity = read();
    ASSERT_TRUE(identity.ok()) << identity.status().text();
    EXPECT_EQ(identity->world, example_);
    EXPECT_EQ(identity->created_us, clock_.wall_us());
    EXPECT_EQ(identity->format_major, 1);
    WorldDirectory directory(disk_, "shard7");
    EXPECT_TRUE(*disk_.exists(directory.journal()));
    EXPECT_TRUE(*disk_.exists(directory.quarantine()));
}

TEST_F(WorldDirectoryTest, a_disk_that_does_not_answer_is_no_world_without_identity) {
    ASSERT_TRUE(make(disk_).ok());
    io::FaultyFileSystem files(disk_);
    const WorldDirectory directory(files, "shard7");
    for (const io::OperationKind kind : {io::OperationKind::exists, io::OperationKind::open}) {
        files.inject({.kind = kind});
        EXPECT_EQ(directory.read_identity().status().code(), Code::io);
    }
    files.inject({.kind = io::OperationKind::exists});
    EXPECT_EQ(directory.check_no_repair_waits().code(), Code::io);
    EXPECT_TRUE(directory.check_no_repair_waits().ok());
}

TEST_F(WorldDirectoryTest, is_on_the_disk_when_it_is_made) {
    ASSERT_TRUE(make(disk_).ok());
    disk_.crash_losing_everything();
    EXPECT_TRUE(read().ok()) << read().status().text();
    EXPECT_TRUE(*disk_.exists("shard7/journal"));
}

TEST_F(WorldDirectoryTest, the_worked_example_is_what_is_written_and_read) {
    const auto example = test::hex_block(test::format_page("identity.md"));
    clock_.advance_ns(new_year_2025_us * 1000 - clock_.monotonic_ns());
    ASSERT_TRUE(make(disk_).ok());
    EXPECT_EQ(test::hex(disk_.read_at_rest("shard7/identity")), test::hex(example));

    write_identity(example);
    const auto identity = read();
    ASSERT_TRUE(identity.ok()) << identity.status().text();
    EXPECT_EQ(to_text(identity->world), example_text);
    EXPECT_EQ(identity->created_us, static_cast<std::int64_t>(new_year_2025_us));
}

TEST_F(WorldDirectoryTest, I_2_I_3_any_damaged_bit_is_noticed) {
    ASSERT_TRUE(make(disk_).ok());
    for (std::uint64_t byte = 0; byte < 64; ++byte) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            disk_.flip_bit("shard7/identity", byte, bit);
            EXPECT_EQ(read().status().code(), Code::corrupt) << "byte " << byte << ", bit " << bit;
            disk_.flip_bit("shard7/identity", byte, bit);
        }
    }
    EXPECT_TRUE(read().ok());
}

TEST_F(WorldDirectoryTest, I_2_any_other_length_is_noticed) {
    ASSERT_TRUE(make(disk_).ok());
    std::vector<std::byte> bytes = disk_.read_at_rest("shard7/identity");
    for (const std::size_t size : {0u, 1u, 8u, 63u, 65u, 4096u, 5000u}) {
        bytes.resize(size);
        write_identity(bytes);
        EXPECT_EQ(read().status().code(), Code::corrupt) << size;
    }
}

TEST_F(WorldDirectoryTest, I_4_a_newer_format_is_refused_and_not_called_damaged) {
    ASSERT_TRUE(make(disk_).ok());
    rewrite([](std::byte* bytes) { store_le(bytes + 8, std::uint16_t{2}); });
    EXPECT_EQ(read().status().code(), Code::unsupported);
    EXPECT_NE(read().status().message().find("2.0"), std::string::npos);
}

TEST_F(WorldDirectoryTest, a_newer_minor_format_is_read) {
    ASSERT_TRUE(make(disk_).ok());
    rewrite([](std::byte* bytes) {
        store_le(bytes + 10, std::uint16_t{9});
        store_le(bytes + 40, std::uint64_t{12345});
    });
    const auto identity = read();
    ASSERT_TRUE(identity.ok());
    EXPECT_EQ(identity->format_minor, 9);
    EXPECT_EQ(identity->world, example_);
}

TEST_F(WorldDirectoryTest, has_one_owner_and_says_since_when) {
    ASSERT_TRUE(disk_.create_directory("shard7").ok());
    WorldDirectory first(disk_, "shard7");
    WorldDirectory second(disk_, "shard7");
    EXPECT_EQ(second.owner(), std::nullopt);
    ASSERT_TRUE(first.lock(clock_).ok());
    const Status refused = second.lock(clock_);
    EXPECT_EQ(refused.code(), Code::locked);
    EXPECT_NE(refused.message().find(", since 1970-01-01 00:00:01 UTC"), std::string::npos)
        << refused.text();
    ASSERT_TRUE(second.owner().has_value());
    EXPECT_NE(second.owner()->find(", since 1970-01-01 00:00:01 UTC"), std::string::npos);
}

TEST_F(WorldDirectoryTest, is_free_again_when_its_owner_goes) {
    ASSERT_TRUE(disk_.create_directory("shard7").ok());
    {
        WorldDirectory first(disk_, "shard7");
        ASSERT_TRUE(first.lock(clock_).ok());
    }
    WorldDirectory second(disk_, "shard7");
    EXPECT_EQ(second.owner(), std::nullopt);
    EXPECT_TRUE(second.lock(clock_).ok());
}

TEST_F(WorldDirectoryTest, asking_for_the_owner_takes_nothing) {
    ASSERT_TRUE(disk_.create_directory("shard7").ok());
    WorldDirectory asked(disk_, "shard7");
    EXPECT_EQ(asked.owner(), std::nullopt);
    WorldDirectory other(disk_, "shard7");
    EXPECT_TRUE(other.lock(clock_).ok());
}

// Whatever the moment at which the power fails, there is either no world or all of it, and making
// it again works.
TEST_F(WorldDirectoryTest, making_it_may_be_cut_short_at_every_operation) {
    std::uint64_t operations = 0;
    {
        io::FaultyFileSystem counted(disk_);
        ASSERT_TRUE(make(counted).ok());
        operations = counted.operation_count();
    }
    ASSERT_GT(operations, 10u);
    for (std::uint64_t at = 1; at <= operations; ++at) {
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            io::MemoryFileSystem disk;
            {
                io::FaultyFileSystem faulty(disk);
                faulty.inject({.at = at, .type = io::FaultType::crash_point});
                EXPECT_FALSE(make(faulty).ok());
            }
            Random random(seed);
            disk.crash(random);
            const auto left = WorldDirectory(disk, "shard7").read_identity();
            ASSERT_TRUE(left.ok() || left.status().code() == Code::not_found)
                << "operation " << at << ", seed " << seed << ": " << left.status().text();
            if (left.ok()) {
                EXPECT_EQ(left->world, example_);
            }
            ASSERT_TRUE(make(disk).ok()) << "operation " << at << ", seed " << seed;
            disk.crash_losing_everything();
            ASSERT_TRUE(WorldDirectory(disk, "shard7").read_identity().ok());
        }
    }
}

TEST(RandomUuid, is_of_version_4_and_new_each_time) {
    const Uuid one = random_uuid();
    EXPECT_EQ(to_text(one)[14], '4');
    EXPECT_NE(std::string("89ab").find(to_text(one)[19]), std::string::npos);
    EXPECT_NE(one, random_uuid());
}

}  // namespace
}  // namespace perdure::engine
