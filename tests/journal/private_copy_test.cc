#include "journal/private_copy.h"

#include "journal/test_journal.h"

namespace perdure::journal::test {
namespace {

class PrivateCopy : public JournalTest {
protected:
    // What recovery makes of the copy: its words, or why it refuses.
    std::string copied(Lsn after = 0) {
        const Status made = copy(after);
        return made.ok() ? recovered_copy({}) : made.text();
    }
    Status copy(Lsn after) {
        for (const std::string& name : *it.disk->list("copy")) {
            EXPECT_TRUE(it.disk->remove("copy/" + name).ok());
        }
        return copy_after(reading, directory, it.world, after, "copy").status();
    }
    std::string recovered_copy(const Watermark& from) { return recovered(*it.disk, from); }
    std::string recovered(io::FileSystem& files, const Watermark& from) {
        std::vector<std::string> found;
        Catalog catalog;
        const auto findings = recover(
            files, "copy", it.world, from, catalog,
            [&](GroupFound&& group) {
                for (const ChangeSet& changes : group.changes) found.push_back(word_of(changes));
                return Status();
            },
            Access::onlooker);
        return findings.ok() ? joined(found) : findings.status().text();
    }
    // Runs `work` before every operation of a copying, but not before what it does itself.
    void meanwhile(std::function<void(const io::Operation&)> work) {
        reading.on_operation = [this, work = std::move(work)](const io::Operation& operation) {
            if (busy_) return;
            busy_ = true;
            work(operation);
            busy_ = false;
        };
    }
    void SetUp() override { ASSERT_TRUE(it.disk->create_directory("copy").ok()); }

    io::FaultyFileSystem reading{*it.disk};

private:
    bool busy_ = false;
};

TEST_F(PrivateCopy, holds_what_the_journal_holds) {
    open();
    append("a");
    append_group("b c");
    EXPECT_EQ(copied(), "a b c");
    kill();
    EXPECT_EQ(copied(), "a b c");
    reopen();
    append("d");
    EXPECT_EQ(copied(), "a b c d");
    EXPECT_EQ(it.disk->list("copy")->size(), 2U) << "prepared files hold nothing";
}

TEST_F(PrivateCopy, leaves_out_files_that_hold_only_older_change_sets) {
    open();
    append("a");
    reopen();
    append("b");
    const Watermark after_b = it.watermark();
    reopen();
    append("c");
    ASSERT_TRUE(copy(after_b.lsn).ok());
    EXPECT_EQ(it.disk->list("copy")->size(), 1U);
    EXPECT_EQ(recovered_copy(after_b), "c");
}

TEST_F(PrivateCopy, makes_what_it_holds_durable_where_it_was) {
    open();
    append("a");
    std::uint64_t flushes = 0;
    meanwhile([&](const io::Operation& operation) {
        flushes += operation.kind == io::OperationKind::sync ? 1 : 0;
    });
    EXPECT_EQ(copied(), "a");
    EXPECT_EQ(flushes, 1U);
}

// A group that is written while a later piece of its file is already copied must not leave a hole
// before one that is in that piece.
TEST_F(PrivateCopy, beside_an_owner_that_writes_is_a_state_without_holes) {
    it.options.file_bytes = 4 << 20;
    it.options.bytes_max = 16 << 20;
    open();
    append("first");
    std::uint64_t appended = 1;
    meanwhile([&](const io::Operation& operation) {
        if (operation.kind != io::OperationKind::read) return;
        for (int i = 0; i < 150; ++i, ++appended) ASSERT_TRUE(it.append("x").ok());
    });
    const std::string found = copied();
    EXPECT_EQ(found.substr(0, 7), "first x") << found;
    EXPECT_EQ(found.find_first_not_of("first x"), std::string::npos) << found;
    EXPECT_GT(appended, 600U) << "the owner wrote through several pieces";
}

// As a backup does: while the owner begins files and trims those that nobody needs, it looks again.
TEST_F(PrivateCopy, beside_an_owner_that_changes_files_comes_to_be_whole) {
    bool changed = true;
    for (std::uint64_t at = 1; changed; ++at) {
        changed = false;
        TestJournal owner;
        ASSERT_TRUE(owner.disk->create_directory("copy").ok());
        ASSERT_TRUE(owner.open().ok());
        const auto write = [&](std::string_view word) {
            ASSERT_TRUE(owner.journal->prepare(encoded_bytes_max(owner.next(word))).ok());
            ASSERT_TRUE(owner.append(word).ok());
        };
        for (int i = 0; i < 12; ++i) write(TestJournal::block('o'));
        const Watermark pinned = owner.watermark();
        write("1");
        io::FaultyFileSystem watched(*owner.disk);
        watched.on_operation = [&](const io::Operation& operation) {
            if (operation.index != at) return;
            changed = true;
            for (int i = 0; i < 12; ++i) write(TestJournal::block('n'));
            ASSERT_TRUE(owner.journal->trim(pinned.lsn).ok());
            ASSERT_TRUE(owner.prepare_all().ok());
        };
        std::string found;
        for (int look = 0; look < 3; ++look) {
            for (const std::string& name : *owner.disk->list("copy")) {
                ASSERT_TRUE(owner.disk->remove("copy/" + name).ok());
            }
            const Status made =
                copy_after(watched, directory, owner.world, pinned.lsn, "copy").status();
            found = made.ok() ? recovered(*owner.disk, pinned) : made.text();
            if (found.front() == '1') break;
            EXPECT_TRUE(changed) << found;
        }
        EXPECT_EQ(found.front(), '1') << "changed before operation " << at << ": " << found;
    }
}

TEST_F(PrivateCopy, of_files_that_do_not_fit_together_is_refused) {
    open();
    append("a");
    reopen();
    append("b");
    reopen();
    append("c");
    kill();
    ASSERT_TRUE(it.disk->remove(path_of(2)).ok());
    EXPECT_EQ(copy(0).code(), Code::corrupt);
}

TEST_F(PrivateCopy, names_a_block_that_the_disk_cannot_read) {
    open();
    append("a");
    const std::string name = file_name(1);  // looked into once, then copied
    reading.inject(
        {.kind = io::OperationKind::read, .at = 2, .from_then_on = true, .path_part = name});
    const Status refused = copy(0);
    EXPECT_EQ(refused.code(), Code::io) << refused.text();
    EXPECT_NE(refused.text().find(directory), std::string::npos) << refused.text();
}

TEST_F(PrivateCopy, of_a_file_that_goes_meanwhile_is_to_be_tried_again) {
    open();
    append("a");
    kill();
    for (int opened = 2; opened <= 3; ++opened) {  // to be copied, to be flushed
        const auto before = it.disk->clone();
        int opens = 0;
        meanwhile([&](const io::Operation& operation) {
            if (operation.kind == io::OperationKind::open && operation.path == path_of(1) &&
                ++opens == opened) {
                EXPECT_TRUE(it.disk->rename(path_of(1), "elsewhere").ok());
            }
        });
        EXPECT_EQ(copy(0).code(), Code::busy) << opened;
        ASSERT_TRUE(it.disk->rename("elsewhere", path_of(1)).ok());
    }
}

TEST_F(PrivateCopy, of_nothing_is_nothing) {
    const auto bytes = copy_after(reading, directory, it.world, 0, "copy");
    ASSERT_TRUE(bytes.ok());
    EXPECT_EQ(*bytes, 0U);
}

}  // namespace
}  // namespace perdure::journal::test
