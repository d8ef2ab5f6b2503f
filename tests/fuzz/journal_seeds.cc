#include "base/assert.h"
#include "fuzz/journal_directory.h"
#include "fuzz/known_tables.h"
#include "fuzz/seeds.h"
#include "io/memory_file_system.h"
#include "journal/file_name.h"
#include "journal/journal.h"
#include "journal/recovery.h"
#include "model/tables.h"

namespace perdure::fuzz {
namespace {

Uuid seed_world() {
    Uuid world;
    for (std::size_t index = 0; index < world.bytes.size(); ++index) {
        world.bytes[index] = static_cast<std::byte>(index + 1);
    }
    return world;
}

// A journal in memory: the world writes events, and one table more comes to be.
class SeedJournal {
public:
    SeedJournal() {
        PERDURE_ASSERT(disk_.create_directory("world").ok());
        PERDURE_ASSERT(catalog_.add(*known_tables().find("events")).ok());
    }

    void open() {
        journal_.reset();
        Catalog found;
        const auto findings = journal::recover(disk_, journal_path, seed_world(), {}, found,
                                               [](journal::GroupFound&&) { return Status(); });
        PERDURE_ASSERT(findings.ok());
        auto opened = journal::Journal::open(
            disk_, clock_, journal_path,
            {.file_bytes = journal::file_bytes_min, .bytes_max = 1 << 20, .files_ahead = 1},
            findings->start(seed_world()), catalog_);
        PERDURE_ASSERT(opened.ok());
        journal_ = *std::move(opened);
    }
    void write(std::string_view what) {
        ChangeSet changes;
        changes.lsn = journal_->last() + 1;
        changes.tick = changes.lsn;
        changes.batches.push_back(perdure::test::batch_of(
            *catalog_.find("events"),
            {{{"tick", Value(changes.lsn)}, {"seq", Value(0)}, {"what", Value(what)}}}));
        append(changes);
    }
    void define() {
        ChangeSet changes;
        changes.lsn = journal_->last() + 1;
        changes.definitions.push_back(*known_tables().find("every_key"));
        append(changes);
        PERDURE_ASSERT(catalog_.add(changes.definitions.front()).ok());
    }
    void attest() { PERDURE_ASSERT(journal_->attest().ok()); }
    // As a torn write leaves it: the last bytes of the file are gone.
    void tear(std::uint64_t sequence, std::uint64_t offset) {
        journal_.reset();
        const std::vector<std::byte> zeros(journal::file_bytes_min - offset);
        disk_.write_at_rest(io::join_path(journal_path, journal::file_name(sequence)), offset,
                            zeros);
    }

    [[nodiscard]] std::vector<std::byte> pieces() {
        journal_.reset();
        JournalDirectory directory;
        std::uint8_t number = 0;
        const auto names = disk_.list(journal_path);
        PERDURE_ASSERT(names.ok());
        for (const std::string& name : *names) {
            if (!journal::parse_file_name(name)) continue;
            directory.files()[number++] = disk_.read_at_rest(io::join_path(journal_path, name));
        }
        return directory.pieces();
    }

private:
    void append(const ChangeSet& changes) {
        const ChangeSet* const one = &changes;
        PERDURE_ASSERT(journal_->append({&one, 1}).ok());
    }

    io::MemoryFileSystem disk_;
    io::ManualClock clock_;
    Catalog catalog_;
    std::unique_ptr<journal::Journal> journal_;
};

}  // namespace

std::vector<Seed> journal_seeds() {
    std::vector<Seed> seeds;
    const auto add = [&](const char* name, SeedJournal& journal) {
        const std::vector<std::byte> bytes = journal.pieces();
        seeds.push_back({"recovery", std::string("seed-") + name, bytes});
        seeds.push_back({"inspect", std::string("seed-") + name, bytes});
    };
    SeedJournal one;
    one.open();
    one.write("a");
    one.define();
    one.write("b");
    one.attest();
    add("one-file", one);

    SeedJournal two;
    two.open();
    two.write("a");
    two.open();
    two.define();
    two.write("b");
    add("two-lives", two);

    SeedJournal torn;
    torn.open();
    torn.write("a");
    torn.write(std::string(200, 'b'));
    torn.tear(1, 3 * 4096 + 4096 + 150);
    add("torn", torn);
    return seeds;
}

}  // namespace perdure::fuzz
