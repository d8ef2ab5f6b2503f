// Power failures in the middle of remedies, of what heals after them, of backups and of restoring
// them. src/jobs/repair.cc, backup.cc, restore.cc.
#include "jobs/backup.h"
#include "jobs/powered_world.h"
#include "jobs/restore.h"

namespace perdure::jobs {
namespace {

class PowerFailure : public PoweredWorld {
protected:
    // Whatever is left, verify's offers lead to the rows that the uncut remedy leaves, and no byte
    // is gone.
    void try_all(Life life, const std::function<void()>& damage, const std::string& remedy,
                 std::uint64_t every) {
        fall_ill(life);
        damage();
        const auto ill = load();
        const Contents before = contents_on(*ill);
        {
            const auto disk = ill->clone();
            Machine machine(*disk, seed_);
            const auto verdict = judge_on(machine);
            ASSERT_TRUE(verdict.ok() && verdict->find_remedy(remedy) != nullptr) << remedy;
            heal_on(machine);
            wanted_ = rows_on(*disk);
            ASSERT_TRUE(wanted_.has_value());
        }
        for (Left& left : crash_in(*ill, every, [&](Machine& machine) {
                 const auto report = mend_on(machine, remedy);
                 EXPECT_TRUE(report.ok()) << report.status().text();
             })) {
            expect_heals(left, before);
            if (HasFailure()) FAIL() << remedy << ", " << left.story;
        }
        EXPECT_TRUE(crashes_ > 2 || test_stride() > 1) << remedy;
        std::cout << crashes_ << " states that power failures left\n";
    }

private:
    // One in three is cut short once more.
    void expect_heals(Left& left, const Contents& before) {
        expect_nothing_deleted(before, contents_on(*left.disk));
        std::vector<Left> again;
        if (random_.below(3) == 0) {
            again = crash_in(*left.disk, 60, [&](Machine& machine) { heal_on(machine); });
            if (again.size() > 2) again.erase(again.begin() + 2, again.end());
        } else {
            again.push_back(std::move(left));
        }
        for (Left& last : again) {
            left.story += ", " + last.story;
            {
                Machine machine(*last.disk, seed_);
                heal_on(machine);
            }
            last.disk->crash_losing_everything();
            expect_nothing_deleted(before, contents_on(*last.disk));
            const auto rows = rows_on(*last.disk);
            ASSERT_TRUE(rows.has_value());
            expect_same(*rows, *wanted_);
        }
    }

    std::optional<State> wanted_;
};

TEST_F(PowerFailure, in_cut_journal) {
    try_all(
        Life::undrained,
        [&] {
            const std::vector<Group> all = groups();
            flip(all[all.size() - 4].file, all[all.size() - 4].offset + 150);
        },
        "cut-journal", 1);
}

TEST_F(PowerFailure, in_cut_journal_of_a_file_that_was_cut_short) {
    try_all(
        Life::undrained,
        [&] { std::filesystem::resize_file(journal_files().back(), groups().back().offset + 100); },
        "cut-journal", 1);
}

TEST_F(PowerFailure, in_drop_covered) {
    try_all(
        Life::half, [&] { std::filesystem::remove(journal_files()[1]); }, "drop-covered", 1);
}

TEST_F(PowerFailure, in_take_over) {
    try_all(
        Life::half,
        [&] {
            const std::vector<std::string> used = journal_files();
            for (std::size_t at = 2; at < used.size(); ++at) std::filesystem::remove(used[at]);
            for (const std::string& name : *files_.list(path("journal"))) {
                const std::string spare = path("journal/" + name);
                if (spare > used[1]) std::filesystem::remove(spare);
            }
        },
        "take-over", 1);
}

TEST_F(PowerFailure, in_rebuild_store) {
    try_all(
        Life::trimmed, [&] { spoil_pages(4, 6); }, "rebuild-store", 40);
}

TEST_F(PowerFailure, in_rebuild_store_where_the_journal_has_everything) {
    try_all(
        Life::half, [&] { flip(path("store.sqlite-wal"), 32 + 24 + 100); }, "rebuild-store", 1);
}

TEST_F(PowerFailure, in_restore_identity) {
    try_all(
        Life::half, [&] { flip(path("identity"), 30); }, "restore-identity", 1);
}

TEST_F(PowerFailure, in_set_aside_settings) {
    try_all(
        Life::half, [&] { write_bytes(path("perdure.toml"), "[limits\nrubbish"); },
        "set-aside-settings", 1);
}

// Backups, and worlds that are restored from them.
class PowerFailureInBackup : public PoweredWorld {
protected:
    static constexpr const char* target = "/disk/backup";

    void use(Life life) {
        fall_ill(life);
        whole_ = load();
        digest_ = digest_on(*whole_, place);
        ASSERT_NE(digest_, "none");
    }
    // What verify puts together.
    std::string digest_on(io::MemoryFileSystem& disk, const std::string& where) {
        Machine machine(disk, seed_);
        const auto verdict = judge_on(machine, where);
        EXPECT_TRUE(verdict.ok() && verdict->whole() && verdict->digest) << where;
        return verdict.ok() && verdict->digest ? verdict->digest->hex() : "none";
    }
    Result<BackupTaken> back_up(Machine& machine) {
        return backup(machine.files(), machine.clock(), place, target);
    }
    // The backup is there and whole, or not there, and then one can be taken under its name.
    void expect_backup(Left& left, bool must_be_there) {
        EXPECT_EQ(digest_on(*left.disk, place), digest_);
        {
            Machine machine(*left.disk, seed_);
            const bool there = *machine.files().exists(target);
            EXPECT_TRUE(there || !must_be_there);
            if (!there) {
                const auto again = back_up(machine);
                ASSERT_TRUE(again.ok()) << again.status().text();
            }
            EXPECT_FALSE(*machine.files().exists(std::string(target) + ".unfinished") && !there);
        }
        left.disk->crash_losing_everything();
        expect_restores(*left.disk);
    }
    void expect_restores(io::MemoryFileSystem& disk) {
        {
            Machine machine(disk, seed_);
            const auto restored =
                restore(machine.files(), machine.clock(), target, "/disk/restored");
            ASSERT_TRUE(restored.ok()) << restored.status().text();
        }
        disk.crash_losing_everything();
        EXPECT_EQ(digest_on(disk, "/disk/restored"), digest_);
        const auto rows = rows_on(disk, "/disk/restored");
        ASSERT_TRUE(rows.has_value());
        expect_same(*rows, state_at(last_lsn()));
    }

    std::unique_ptr<io::MemoryFileSystem> whole_;
    std::string digest_;
};

TEST_F(PowerFailureInBackup, leaves_a_whole_backup_or_none) {
    use(Life::half);
    std::vector<Left> lefts = crash_in(*whole_, 24, [&](Machine& machine) {
        const auto taken = back_up(machine);
        EXPECT_TRUE(taken.ok()) << taken.status().text();
    });
    EXPECT_TRUE(crashes_ > 5 || test_stride() > 1);
    for (Left& left : lefts) {
        expect_backup(left, &left == &lefts.back());
        if (HasFailure()) FAIL() << left.story;
    }
}

// Both are gone: the world has what was acknowledged, the backup what was so when it began.
TEST_F(PowerFailureInBackup, beside_an_owner_hurts_neither) {
    use(Life::half);
    std::string digest_then;
    std::vector<Left> lefts = crash_in(*whole_, 40, [&](Machine& machine) {
        auto owner = *World::open(place, sick_schema(), machine.options());
        ASSERT_TRUE(owner->tick().put("goods", {{"id", 9999U}, {"what", "new"}}).ok());
        ASSERT_TRUE(owner->commit({.wait = true}).ok());
        const auto taken = back_up(machine);
        EXPECT_TRUE(taken.ok() && taken->had_owner) << taken.status().text();
        digest_then = *owner->digest();
        owner->engine().abandon();
    });
    for (Left& left : lefts) {
        const std::string found = digest_on(*left.disk, place);
        EXPECT_TRUE(found == digest_ || found == digest_then);
        Machine machine(*left.disk, seed_);
        if (*machine.files().exists(target)) {
            const auto restored =
                restore(machine.files(), machine.clock(), target, "/disk/restored");
            ASSERT_TRUE(restored.ok()) << restored.status().text();
            const auto verdict = judge_on(machine, "/disk/restored");
            ASSERT_TRUE(verdict.ok() && verdict->digest);
            EXPECT_EQ(verdict->digest->hex(), digest_then);
        } else {
            EXPECT_NE(&left, &lefts.back());
            EXPECT_TRUE(back_up(machine).ok());
        }
        if (HasFailure()) FAIL() << left.story;
    }
}

TEST_F(PowerFailureInBackup, and_in_restore_leaves_a_whole_world_or_none) {
    use(Life::half);
    {
        Machine machine(*whole_, seed_);
        ASSERT_TRUE(back_up(machine).ok());
    }
    whole_->crash_losing_everything();
    const Contents before = contents_on(*whole_, target);
    std::vector<Left> lefts = crash_in(*whole_, 24, [&](Machine& machine) {
        const auto restored = restore(machine.files(), machine.clock(), target, "/disk/restored");
        EXPECT_TRUE(restored.ok()) << restored.status().text();
    });
    EXPECT_TRUE(crashes_ > 5 || test_stride() > 1);
    for (Left& left : lefts) {
        EXPECT_EQ(contents_on(*left.disk, target), before);
        if (*left.disk->exists("/disk/restored")) {
            EXPECT_EQ(digest_on(*left.disk, "/disk/restored"), digest_);
            const auto rows = rows_on(*left.disk, "/disk/restored");
            ASSERT_TRUE(rows.has_value());
            expect_same(*rows, state_at(last_lsn()));
        } else {
            EXPECT_NE(&left, &lefts.back());
            expect_restores(*left.disk);
        }
        if (HasFailure()) FAIL() << left.story;
    }
}

}  // namespace
}  // namespace perdure::jobs
