// What backups and restores do when something is in the way, full, damaged or killed.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/test_run.h"
#include "jobs/backup_home.h"

namespace perdure::jobs {
namespace {

class BackupFailures : public BackupHome {};

TEST_F(BackupFailures, stopped_at_any_step_leaves_no_target_and_nothing_in_the_way) {
    live(0, 5);
    const std::string digest = *home_->digest();
    int steps = 0;
    for (int stop_at = 1;; ++stop_at) {
        steps = 0;
        BackupOptions options;
        options.go_on = [&]() -> Status {
            return ++steps == stop_at ? Status(Code::expired, "stopped") : Status();
        };
        const auto taken = try_back_up("backup", options);
        if (taken.ok()) break;
        EXPECT_EQ(taken.status().code(), Code::expired) << taken.status().text();
        expect_nothing_at("backup");
        expect_nothing_at("backup.unfinished");
        EXPECT_EQ(try_restore().status().code(), Code::not_found);
    }
    EXPECT_GT(steps, 10);
    expect_restores_to(digest);

    for (int stop_at = 1;; ++stop_at) {
        int step = 0;
        RestoreOptions options;
        options.go_on = [&]() -> Status {
            return ++step == stop_at ? Status(Code::expired, "stopped") : Status();
        };
        const auto restored = try_restore("backup", "again", options);
        if (restored.ok()) break;
        EXPECT_EQ(restored.status().code(), Code::expired) << restored.status().text();
        expect_nothing_at("again");
        expect_nothing_at("again.unfinished");
    }
    EXPECT_EQ(digest_of("again"), digest);
}

// The disk refuses one operation after the other, wherever it is ours to make.
TEST_F(BackupFailures, that_fails_at_any_operation_leaves_no_target_and_nothing_in_the_way) {
    live(0, 5);
    const std::string digest = *home_->digest();
    home_.close();
    io::FaultyFileSystem counting(home_.disk);
    ASSERT_TRUE(backup(counting, clock_, home_.directory(), beside("counted")).ok());
    const std::uint64_t operations = counting.operation_count();
    ASSERT_GT(operations, 30U);
    std::uint64_t failed = 0;
    for (std::uint64_t at = 1; at <= operations; at += test_stride()) {
        io::FaultyFileSystem faulty(home_.disk);
        faulty.inject({.at = at, .type = io::FaultType::crash_point});
        const std::string name = "backup " + std::to_string(at);
        const auto taken = backup(faulty, clock_, home_.directory(), beside(name));
        if (taken.ok()) continue;  // it was done, and only tidied up
        ++failed;
        if (std::filesystem::exists(beside(name))) {
            // The name was given; whether it lasts was not said.
            expect_restores_to(digest, name);
            continue;
        }
        const auto again = try_back_up(name);
        ASSERT_TRUE(again.ok()) << "operation " << at << ": " << again.status().text();
        EXPECT_EQ(again->manifest.contents.digest.hex(), digest);
    }
    EXPECT_GT(failed, operations / test_stride() / 2);
    expect_restores_to(digest, "backup 1");
}

// A disk that keeps only what was flushed then has it under one name or both, never under none.
TEST_F(BackupFailures, the_name_that_it_gets_is_flushed_before_the_one_that_it_loses) {
    live(0, 2);
    home_.close();
    io::FaultyFileSystem watched(home_.disk);
    bool renamed = false;
    std::vector<std::string> flushed;
    watched.on_operation = [&](const io::Operation& operation) {
        renamed = renamed || (operation.kind == io::OperationKind::rename &&
                              operation.path_to.ends_with("/backup"));
        if (renamed && operation.kind == io::OperationKind::sync_directory) {
            flushed.emplace_back(operation.path);
        }
    };
    ASSERT_TRUE(backup(watched, clock_, home_.directory(), beside("backup")).ok());
    ASSERT_EQ(flushed.size(), 2U);
    EXPECT_EQ(flushed[0], io::parent_path(flushed[1]));
    EXPECT_TRUE(flushed[1].ends_with("backup.unfinished")) << flushed[1];
}

TEST_F(BackupFailures, overwrites_nothing) {
    live(0, 2);
    back_up();
    EXPECT_EQ(try_back_up().status().code(), Code::invalid);
    ASSERT_TRUE(try_restore().ok());
    EXPECT_EQ(try_restore().status().code(), Code::invalid);
    EXPECT_EQ(restore(home_.disk, clock_, beside("backup"), home_.directory()).status().code(),
              Code::invalid);
    std::filesystem::create_directories(beside("mine.unfinished/letters"));
    const Status refused = try_back_up("mine").status();
    EXPECT_EQ(refused.code(), Code::invalid);
    EXPECT_NE(refused.text().find("letters"), std::string::npos) << refused.text();
    EXPECT_EQ(digest_of(), *home_->digest());
}

TEST_F(BackupFailures, to_one_target_is_one_at_a_time) {
    live(0, 2);
    Status second;
    BackupOptions options;
    options.go_on = [&]() -> Status {
        if (second.ok()) second = try_back_up().status();
        return {};
    };
    ASSERT_TRUE(try_back_up("backup", options).ok());
    EXPECT_EQ(second.code(), Code::locked) << second.text();
    expect_restores_to(*home_->digest());
}

TEST_F(BackupFailures, onto_a_full_disk_says_so_and_is_no_backup) {
    live(0, 5);
    const std::string filler(50'000, 'f');
    home_.put("profiles", {{"name", "big"}, {"level", 1}, {"guild", filler}});
    BackupOptions options;
    options.pages_max = 24;
    const Status refused = try_back_up("backup", options).status();
    EXPECT_EQ(refused.code(), Code::no_space) << refused.text();
    expect_nothing_at("backup");
    expect_nothing_at("backup.unfinished");
    back_up();
    RestoreOptions small;
    small.pages_max = 24;
    EXPECT_EQ(try_restore("backup", "restored", small).status().code(), Code::no_space);
    expect_nothing_at("restored");
    expect_restores_to(*home_->digest());
}

TEST_F(BackupFailures, of_a_damaged_store_stops_at_the_page_and_names_it) {
    live(0, 50);
    home_.close();
    const std::string store = home_.path("store.sqlite");
    back_up();
    for (std::uint64_t page = 1; page <= std::filesystem::file_size(store) / 4096; ++page) {
        flip(store, (page - 1) * 4096 + 2000);
        const auto taken = try_back_up("damaged " + std::to_string(page));
        if (!taken.ok()) {
            EXPECT_EQ(taken.status().code(), Code::corrupt) << taken.status().text();
            EXPECT_NE(taken.status().text().find(store + " page " + std::to_string(page) + " at"),
                      std::string::npos)
                << taken.status().text();
            expect_nothing_at("damaged " + std::to_string(page));
        } else {  // a page that no row needs
            EXPECT_EQ(taken->manifest.contents,
                      read_manifest(home_.disk, beside("backup"))->contents);
        }
        flip(store, (page - 1) * 4096 + 2000);
    }
    // Beside an owner every page is judged.
    home_.open();
    const std::uint64_t pages = std::filesystem::file_size(store) / 4096;
    flip(store, (pages - 1) * 4096 + 2000);
    const auto taken = try_back_up("last");
    EXPECT_EQ(taken.status().code(), Code::corrupt) << taken.status().text();
    EXPECT_NE(taken.status().text().find(" page " + std::to_string(pages) + " at"),
              std::string::npos)
        << taken.status().text();
    flip(store, (pages - 1) * 4096 + 2000);
    expect_restores_to(*home_->digest());
}

TEST_F(BackupFailures, of_a_damaged_journal_names_the_file) {
    live(0, 5);
    back_up();
    const std::string digest = *home_->digest();
    live(5, 10);
    home_.crash();
    std::string newest;
    for (const auto& entry : std::filesystem::directory_iterator(home_.path("journal"))) {
        std::ifstream file(entry.path(), std::ios::binary);
        if (file.get() != 0) newest = std::max(newest, entry.path().string());
    }
    std::uint64_t group = 0;  // the last but two, at least
    {
        std::ifstream file(newest, std::ios::binary);
        std::string bytes((std::istreambuf_iterator<char>(file)), {});
        std::vector<std::size_t> groups;
        for (std::size_t at = 0; at < bytes.size(); at += 4096) {
            if (bytes.compare(at, 8, "PDJGROUP") == 0) groups.push_back(at);
        }
        ASSERT_GT(groups.size(), 3U);
        group = groups[groups.size() - 3];
    }
    flip(newest, group + 200);
    const Status refused = try_back_up("damaged").status();
    EXPECT_EQ(refused.code(), Code::corrupt) << refused.text();
    EXPECT_NE(refused.text().find(newest), std::string::npos) << refused.text();
    EXPECT_EQ(refused.text().find("unfinished"), std::string::npos) << refused.text();
    expect_nothing_at("damaged");
    expect_restores_to(digest);
}

TEST_F(BackupFailures, without_its_journal_is_not_taken_for_the_whole_world) {
    live(0, 5);
    back_up();
    const std::string digest = *home_->digest();
    home_.close();
    std::filesystem::rename(home_.path("journal"), beside("away"));
    const Status refused = try_back_up("again").status();
    EXPECT_EQ(refused.code(), Code::corrupt) << refused.text();
    EXPECT_NE(refused.text().find(home_.path("journal")), std::string::npos) << refused.text();
    expect_nothing_at("again");
    expect_restores_to(digest);
}

TEST_F(BackupFailures, needs_a_world_with_a_store) {
    home_.close();
    std::filesystem::create_directory(beside("empty"));
    EXPECT_EQ(backup(home_.disk, clock_, beside("empty"), beside("backup")).status().code(),
              Code::not_found);
    EXPECT_TRUE(std::filesystem::is_empty(beside("empty")));
    EXPECT_FALSE(std::filesystem::exists(beside("backup.unfinished")));
    std::filesystem::rename(home_.path("store.sqlite"), beside("away"));
    const Status refused = try_back_up().status();
    EXPECT_EQ(refused.code(), Code::not_found) << refused.text();
    expect_nothing_at("backup");
    // Its owner has made the file, and nothing in it yet.
    std::ofstream(home_.path("store.sqlite")) << "";
    EXPECT_EQ(try_back_up().status().code(), Code::not_found);
    const auto lock = home_.disk.lock(home_.path("lock"), "an owner");
    ASSERT_TRUE(lock.ok());
    EXPECT_EQ(try_back_up().status().code(), Code::not_found);
    expect_nothing_at("backup");
}

TEST_F(BackupFailures, that_is_not_what_was_written_is_not_restored) {
    live(0, 30);
    back_up();
    const std::string digest = *home_->digest();
    live(30, 40);
    back_up("later");
    const std::string store = beside("backup") + "/store.sqlite";
    const std::string manifest = beside("backup") + "/manifest";
    const auto expect_refused = [&](Code code, const std::string& words) {
        const Status refused = try_restore("backup", "refused").status();
        EXPECT_EQ(refused.code(), code) << refused.text();
        EXPECT_NE(refused.text().find(words), std::string::npos) << refused.text();
        EXPECT_EQ(refused.text().find("unfinished/"), std::string::npos) << refused.text();
        expect_nothing_at("refused");
    };
    for (std::uint64_t page = 1; page <= std::filesystem::file_size(store) / 4096; ++page) {
        flip(store, (page - 1) * 4096 + 1000);
        expect_refused(Code::corrupt, page == 1 ? store : "page " + std::to_string(page));
        flip(store, (page - 1) * 4096 + 1000);
    }
    for (std::uint64_t byte = 0; byte < std::filesystem::file_size(manifest); ++byte) {
        flip(manifest, byte);
        const Code code = try_restore("backup", "refused").status().code();
        EXPECT_EQ(code, Code::corrupt) << "byte " << byte;
        flip(manifest, byte);
    }
    // Two backups that were mixed up.
    std::filesystem::rename(store, beside("kept"));
    expect_refused(Code::corrupt, "missing");
    std::filesystem::copy_file(beside("later") + "/store.sqlite", store);
    expect_refused(Code::corrupt, "do not belong together");
    std::filesystem::remove(store);
    std::filesystem::rename(beside("kept"), store);
    std::filesystem::rename(manifest, beside("kept"));
    expect_refused(Code::not_found, "never finished");
    std::filesystem::rename(beside("kept"), manifest);
    expect_restores_to(digest);
}

}  // namespace
}  // namespace perdure::jobs
