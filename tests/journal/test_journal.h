// A journal on a disk in memory, and the words in which its tests are written:
//
//     append("a"); append_group({"b", "c"}); crash(); reopen(); expect("a b c");
//
// Each word is a change set of one row of the table "notes". What recovery gives back is compared
// as words.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/text.h"
#include "io/clock.h"
#include "io/faulty_file_system.h"
#include "io/memory_file_system.h"
#include "journal/file_name.h"
#include "journal/format.h"
#include "journal/journal.h"
#include "journal/recovery.h"
#include "model/tables.h"

namespace perdure::journal::test {

inline const std::string directory = "world/journal";
inline const std::string quarantine = "world/quarantine";

inline Uuid world_of(unsigned char last) {
    Uuid world;
    for (std::size_t index = 0; index < 16; ++index) {
        world.bytes[index] = static_cast<std::byte>(index + 1);
    }
    world.bytes[15] = static_cast<std::byte>(last);
    return world;
}

inline std::string path_of(std::uint64_t sequence) {
    return io::join_path(directory, file_name(sequence));
}

// Small files, so that a few words fill one.
inline Options small_files() {
    return {.file_bytes = file_bytes_min,
            .bytes_max = 1 << 20,
            .files_ahead = 1,
            .group_bytes_max = 8192};
}

inline const TableDefinition& notes() {
    static const TableDefinition table = [] {
        TableBuilder builder("notes");
        builder.key<std::uint64_t>("n").column<std::string>("body");
        TableDefinition definition = perdure::test::numbered(builder.definition());
        return definition;
    }();
    return table;
}

inline ChangeSet note(const TableDefinition& table, Lsn lsn, std::string_view word) {
    ChangeSet changes;
    changes.lsn = lsn;
    changes.batches.push_back(
        perdure::test::batch_of(table, {{{"n", Value(lsn)}, {"body", Value(word)}}}));
    return changes;
}

// What a change set says: its word, or the tables it defines.
inline std::string word_of(const ChangeSet& changes) {
    if (!changes.definitions.empty()) {
        return text::format("+{}", changes.definitions.front().name);
    }
    if (changes.batches.empty()) return "-";
    return std::string(changes.batches.front().text(1, 0));
}

inline std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> list;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        if (end > at) list.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return list;
}

inline std::string joined(const std::vector<std::string>& list) {
    std::string text;
    for (const std::string& word : list) {
        if (!text.empty()) text += ' ';
        text += word;
    }
    return text;
}

// What one recovery saw.
struct Recovered {
    Status status;
    Findings findings;
    std::vector<std::string> words;
    std::vector<GroupFound> groups;  // without their change sets
    std::shared_ptr<Catalog> catalog = std::make_shared<Catalog>();
};

inline Recovered recover_from(io::FileSystem& files, const Uuid& world, const Watermark& from = {},
                              Access access = Access::owner) {
    Recovered result;
    auto findings = recover(
        files, directory, world, from, *result.catalog,
        [&](GroupFound&& group) {
            for (const ChangeSet& changes : group.changes) result.words.push_back(word_of(changes));
            group.changes.clear();
            result.groups.push_back(std::move(group));
            return Status();
        },
        access);
    result.status = findings.status();
    if (findings) result.findings = *std::move(findings);
    return result;
}

class TestJournal {
public:
    explicit TestJournal(const Options& chosen = small_files(),
                         std::unique_ptr<io::MemoryFileSystem> memory = nullptr)
        : options(chosen), disk(std::move(memory)) {
        if (disk == nullptr) {
            disk = std::make_unique<io::MemoryFileSystem>();
            EXPECT_TRUE(disk->create_directory("world").ok());
            EXPECT_TRUE(disk->sync_directory("").ok());
        }
        faulty = std::make_unique<io::FaultyFileSystem>(*disk);
    }

    // Recovers and begins a new file, as an engine does.
    Status open() {
        close();
        recovered = recover_from(*faulty, world, from);
        if (!recovered.status.ok()) return recovered.status;
        catalog = recovered.catalog;
        if (catalog->find(notes().id) == nullptr) {
            EXPECT_TRUE(catalog->add(notes()).ok());
        }
        const Status kept = quarantine_torn(*faulty, directory, quarantine, recovered.findings);
        if (!kept.ok()) return kept;
        auto opened = Journal::open(*faulty, clock, directory, options,
                                    recovered.findings.start(world), *catalog);
        if (!opened) return opened.status();
        journal = *std::move(opened);
        return {};
    }
    void close() { journal.reset(); }

    ChangeSet next(std::string_view word) const {
        return note(*catalog->find(notes().id), journal->last() + 1, word);
    }

    Result<Appended> append_changes(const ChangeSet& changes) {
        const ChangeSet* one = &changes;
        auto appended = journal->append({&one, 1});
        if (appended) last_appended = *appended;
        return appended;
    }
    Status append(std::string_view word) { return append_changes(next(word)).status(); }
    // Offers them together; `taken` of the result says how many went into the first group.
    Result<Appended> append_group(const std::vector<std::string>& list) {
        std::vector<ChangeSet> sets;
        for (const std::string& word : list) {
            sets.push_back(
                note(*catalog->find(notes().id), journal->last() + 1 + sets.size(), word));
        }
        std::vector<const ChangeSet*> offered;
        for (const ChangeSet& set : sets) offered.push_back(&set);
        auto appended = journal->append(offered);
        if (appended) last_appended = *appended;
        return appended;
    }
    // A word that takes a block for itself.
    static std::string block(char letter) { return std::string(3000, letter); }

    // Everything that prepare_step() would do.
    Status prepare_all() {
        for (;;) {
            const auto more = journal->prepare_step();
            if (!more) return more.status();
            if (!*more) return {};
        }
    }

    [[nodiscard]] Watermark watermark() const {
        return {recovered.findings.epoch + 1, last_appended.last, last_appended.chain, {}, {}};
    }
    [[nodiscard]] std::vector<std::string> names() const { return *disk->list(directory); }

    Options options;
    Uuid world = world_of(16);
    Watermark from;
    io::ManualClock clock;
    std::unique_ptr<io::MemoryFileSystem> disk;
    std::unique_ptr<io::FaultyFileSystem> faulty;
    std::shared_ptr<Catalog> catalog;
    std::unique_ptr<Journal> journal;
    Recovered recovered;
    Appended last_appended;
};

class JournalTest : public testing::Test {
protected:
    void open() { ASSERT_EQ(it.open().text(), Status().text()); }
    void append(std::string_view word) { ASSERT_EQ(it.append(word).text(), Status().text()); }
    void append_group(std::string_view list) {
        const auto appended = it.append_group(words(list));
        ASSERT_TRUE(appended.ok()) << appended.status().text();
        ASSERT_EQ(appended->taken, words(list).size());
    }
    void attest() { ASSERT_EQ(it.journal->attest().text(), Status().text()); }
    // Appends, and prepares a file when there is no room.
    void append_with_room(std::string_view word) {
        ASSERT_EQ(it.journal->prepare(encoded_bytes_max(it.next(word))).text(), Status().text());
        append(word);
    }
    // The power fails: what was not flushed is gone.
    void crash() {
        it.close();
        it.disk->crash_losing_everything();
    }
    // The process is killed: all that was written stays.
    void kill() { it.close(); }
    void reopen() { open(); }
    void expect(std::string_view list) { EXPECT_EQ(joined(it.recovered.words), list); }
    void expect_refused(Code code, std::string_view part) {
        const Status status = it.open();
        EXPECT_EQ(code_name(status.code()), code_name(code)) << status.text();
        EXPECT_NE(status.text().find(part), std::string::npos) << status.text();
    }

    TestJournal it;
};

}  // namespace perdure::journal::test
