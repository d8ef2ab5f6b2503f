// Every operation of the disk fails once, or from then on: whoever meets it says so, nothing that
// was acknowledged is lost, and nothing is made of what could not be read.
#include "journal/behind.h"
#include "journal/inspect.h"
#include "journal/private_copy.h"
#include "journal/recovery_fixture.h"

namespace perdure::journal::test {
namespace {

// How it fails. `no_space` stands for what is no bad block: nobody may read on past it.
struct Failing {
    io::FaultType type = io::FaultType::fail_io;
    bool from_then_on = false;
};
constexpr Failing ways_of_failing[] = {
    {io::FaultType::fail_io, false},
    {io::FaultType::fail_io, true},
    {io::FaultType::fail_no_space, false},
    {io::FaultType::fail_no_space, true},
};

// Three owners: the second one's head is torn, the end of the last one too.
class FailingDisk : public RecoveryTest {
protected:
    using Work = std::function<Status(io::FileSystem&)>;

    void SetUp() override {
        open();
        append_group("a b");
        define("more");
        append("c");
        attest();
        crash();
        it.faulty->inject({.kind = io::OperationKind::sync, .at = 3});
        EXPECT_FALSE(it.open().ok());
        it.faulty->clear_faults();
        crash();
        reopen();
        append("d");
        append("e");
        ASSERT_TRUE(it.prepare_all().ok());
        it.close();
        torn_ = it.last_appended.address;
        it.disk->flip_bit(path_of(torn_.file), torn_.offset + 130, 0);
        ASSERT_EQ(joined(recover_from(*it.disk, it.world, {}, Access::onlooker).words), whole_);
    }
    // How often `work` fails, if at each of its operations in turn the disk does. It must change
    // nothing that recovery sees.
    int failures(const Work& work) {
        int failed = 0;
        for (const Failing& way : ways_of_failing) {
            for (std::uint64_t at = 1;; ++at) {
                const auto disk = it.disk->clone();
                io::FaultyFileSystem failing(*disk);
                failing.inject({.at = at, .type = way.type, .from_then_on = way.from_then_on});
                const Status status = work(failing);
                if (failing.operation_count() < at) break;
                failed += status.ok() ? 0 : 1;
                if (!status.ok() && way.type == io::FaultType::fail_no_space) {
                    EXPECT_EQ(status.code(), Code::no_space) << at << ": " << status.text();
                }
                EXPECT_EQ(joined(recover_from(*disk, it.world, {}, Access::onlooker).words), whole_)
                    << at << ": " << status.text();
            }
        }
        return failed;
    }
    // The same if somebody cuts the file short that is read, just before.
    int cut_short(const Work& work) {
        int failed = 0;
        for (std::uint64_t at = 1; at < 1000; ++at) {
            const auto disk = it.disk->clone();
            io::FaultyFileSystem watched(*disk);
            std::uint64_t reads = 0;
            watched.on_operation = [&](const io::Operation& operation) {
                if (operation.kind != io::OperationKind::read || ++reads != at) return;
                disk->truncate_at_rest(std::string(operation.path), operation.offset);
            };
            failed += work(watched).ok() ? 0 : 1;
            if (reads < at) break;
        }
        return failed;
    }

    std::string whole_ = "a b +more c d";
    GroupAddress torn_;
};

TEST_F(FailingDisk, recovery_gives_what_was_written_or_says_why_not) {
    for (const Access access : {Access::owner, Access::onlooker}) {
        const Work recovery = [&](io::FileSystem& files) {
            const Recovered seen = recover_from(files, it.world, {}, access);
            if (seen.status.ok()) {
                EXPECT_EQ(joined(seen.words), whole_);
            }
            EXPECT_EQ(whole_.find(joined(seen.words)), 0U) << "nothing is skipped";
            return seen.status;
        };
        EXPECT_GT(failures(recovery), 20);
        EXPECT_GT(cut_short(recovery), 3);
    }
}

TEST_F(FailingDisk, an_inspection_says_so) {
    const Work inspection = [&](io::FileSystem& files) { return inspect(files, directory, {}); };
    EXPECT_GT(failures(inspection), 20);
    EXPECT_GT(cut_short(inspection), 3);
}

// Its groups are searched for, in a file whose header is gone.
TEST_F(FailingDisk, an_inspection_of_a_damaged_journal_says_so) {
    for (const std::uint64_t copy : {0U, 4096U})
        it.disk->flip_bit(path_of(torn_.file), copy + 20, 0);
    std::string damage;
    Inspection found;
    found.damage = [&](const Status& status) {
        damage += status.text();
        return Status();
    };
    ASSERT_TRUE(inspect(*it.disk, directory, found).ok());
    ASSERT_NE(damage.find("holds group"), std::string::npos) << damage;
    whole_ = joined(recover_from(*it.disk, it.world, {}, Access::onlooker).words);
    const Work inspection = [&](io::FileSystem& files) { return inspect(files, directory, {}); };
    EXPECT_GT(failures(inspection), 20);
    EXPECT_GT(cut_short(inspection), 3);
}

// Then every file is searched for groups.
TEST_F(FailingDisk, recovery_without_any_header_says_so) {
    for (std::uint64_t file = 1; file <= torn_.file; ++file) {
        it.disk->write_at_rest(path_of(file), 0,
                               std::vector<std::byte>(headers_bytes, std::byte{1}));
    }
    whole_ = "";
    EXPECT_GT(failures([&](io::FileSystem& files) {
                  const Recovered seen = recover_from(files, it.world, {}, Access::onlooker);
                  EXPECT_FALSE(seen.status.ok());
                  return seen.status;
              }),
              20);
}

TEST_F(FailingDisk, a_search_behind_a_cut_says_so) {
    const Work search = [&](io::FileSystem& files) {
        Catalog catalog;
        std::vector<std::string> found;
        std::vector<Behind> places;
        for (const std::uint64_t file : {1U, 2U, 3U}) places.push_back({path_of(file), 0});
        const auto seen = read_behind(files, places, it.world, 0, catalog,
                                      [&](const ChangeSet& set) { found.push_back(word_of(set)); });
        if (seen.ok()) {
            EXPECT_EQ(seen->change_sets, found.size());
        }
        return seen.status();
    };
    EXPECT_GT(failures(search), 20);
    EXPECT_GT(cut_short(search), 2);
}

TEST_F(FailingDisk, a_private_copy_is_whole_or_refused) {
    const Work copy = [&](io::FileSystem& files) {
        const Status made = files.create_directory("copy");
        return made.ok() ? copy_after(files, directory, it.world, 0, "copy").status() : made;
    };
    EXPECT_GT(failures(copy), 20);
    EXPECT_GT(cut_short(copy), 3);
}

TEST_F(FailingDisk, a_torn_end_is_kept_or_the_journal_is_not_opened) {
    const Findings findings = recover_from(*it.disk, it.world, {}, Access::onlooker).findings;
    ASSERT_EQ(findings.ending, Ending::torn);
    const Work keep = [&](io::FileSystem& files) {
        return quarantine_torn(files, directory, quarantine, findings);
    };
    EXPECT_GT(failures(keep), 10);
    EXPECT_GT(cut_short(keep), 0);
}

// Files that are read in several pieces, with definitions that are.
class FailingLongFile : public FailingDisk {
protected:
    void SetUp() override {
        it.options = {.file_bytes = 9 << 20, .bytes_max = 64 << 20, .files_ahead = 0};
        open();
        for (std::uint32_t table = 1; table <= 5; ++table) {
            TableBuilder builder(text::format("table_{}", table));
            builder.key<std::uint64_t>("n");
            for (int column = 0; column < 500; ++column) {
                builder.column<std::uint64_t>(
                    text::format("a_rather_long_name_of_a_column_{}", column));
            }
            ChangeSet changes;
            changes.lsn = it.journal->last() + 1;
            changes.definitions.push_back(perdure::test::numbered(builder.definition()));
            changes.definitions.back().id = notes().id + table;
            ASSERT_TRUE(it.append_changes(changes).ok());
        }
        crash();
        reopen();
        for (int i = 0; i < 5; ++i) append(std::string(1 << 20, 'w'));
        it.close();
    }
};

TEST_F(FailingLongFile, that_is_cut_short_while_it_is_read_is_noticed) {
    EXPECT_GT(cut_short([&](io::FileSystem& files) {
                  return recover_from(files, it.world, {}, Access::onlooker).status;
              }),
              5);
    EXPECT_GT(cut_short([&](io::FileSystem& files) { return inspect(files, directory, {}); }), 5);
    EXPECT_GT(cut_short([&](io::FileSystem& files) {
                  Catalog catalog;
                  const std::vector<Behind> places{{path_of(1), 0}, {path_of(2), 0}};
                  return read_behind(files, places, it.world, 0, catalog, [](const ChangeSet&) {})
                      .status();
              }),
              5);
}

// An owner at work. What it does is tried again, as an engine would, until the disk fails it for
// good.
class FailingOwner : public testing::Test {
protected:
    struct Life {
        TestJournal it;
        std::vector<std::string> acknowledged;  // since the watermark
        std::string unsure;                     // its append failed: there, or not

        void append(const std::string& word) {
            if (it.journal == nullptr) return;
            if (!it.journal->prepare(encoded_bytes_max(it.next(word))).ok()) {
                static_cast<void>(it.journal->prepare(encoded_bytes_max(it.next(word))));
            }
            const Status status = it.append(word);
            if (status.ok()) {
                acknowledged.push_back(word);
            } else if (unsure.empty() && status.code() != Code::busy) {
                unsure = word;
            }
        }
        void prepare() {
            if (it.journal == nullptr) return;
            for (int tries = 0; tries < 2 && !it.prepare_all().ok(); ++tries) {
            }
        }
        void drain_and_trim() {
            if (it.journal == nullptr || !unsure.empty() || acknowledged.empty()) return;
            it.from = it.watermark();
            acknowledged.clear();
            for (int tries = 0; tries < 2 && !it.journal->trim(it.from.lsn).ok(); ++tries) {
            }
        }
        void attest() {
            if (it.journal != nullptr) static_cast<void>(it.journal->attest());
        }
        void read_back() {
            if (it.journal == nullptr || acknowledged.empty()) return;
            const auto changes = it.journal->read(it.last_appended.address, *it.catalog);
            if (changes.ok()) {
                EXPECT_EQ(word_of(changes->front()), acknowledged.back());
            }
        }
        // What is there then is what there is: the unsure word too, or not.
        void open() {
            for (int tries = 0; tries < 2 && !it.open().ok(); ++tries) it.close();
            if (it.journal != nullptr) settle(it.recovered);
        }
        void settle(const Recovered& seen) {
            const std::size_t known = acknowledged.size();
            ASSERT_GE(seen.words.size(), known);
            if (seen.words.size() > known) acknowledged.push_back(unsure);
            EXPECT_TRUE(seen.words == acknowledged)
                << seen.words.size() << " words, of them acknowledged " << known;
            unsure.clear();
        }
    };

    static void live(Life& life) {
        life.it.options.bytes_max = 8 * file_bytes_min;
        life.open();
        life.append("a");
        life.prepare();
        life.append(std::string(40'000, 'l'));  // the prepared file has to grow
        life.read_back();
        for (int i = 0; i < 9; ++i) life.append(TestJournal::block('x'));
        life.attest();
        life.drain_and_trim();
        life.it.close();
        life.open();  // with the spares of the first life
        for (int i = 0; i < 9; ++i) life.append(TestJournal::block('y'));
        life.drain_and_trim();
        life.prepare();  // recycles
        life.append("v");
        life.append(std::string(150'000, 'g'));  // spares are given up for it
        life.prepare();
        life.it.close();
        life.it.options.file_bytes *= 2;
        life.open();  // what is prepared is too small
        life.append("z");
        life.read_back();
    }
};

TEST_F(FailingOwner, loses_nothing_that_it_acknowledged) {
    for (const Failing& way : ways_of_failing) {
        if (way.from_then_on) continue;  // crash_test.cc does that
        for (std::uint64_t at = 1;; ++at) {
            Life life;
            life.it.faulty->inject({.at = at, .type = way.type, .from_then_on = way.from_then_on});
            live(life);
            if (life.it.faulty->operation_count() < at) break;
            life.it.close();
            life.it.disk->crash_losing_everything();
            const Recovered seen = recover_from(*life.it.disk, life.it.world, life.it.from);
            ASSERT_TRUE(seen.status.ok()) << at << ": " << seen.status.text();
            life.settle(seen);
            ASSERT_FALSE(HasFailure()) << "operation " << at;
        }
    }
}

}  // namespace
}  // namespace perdure::journal::test
