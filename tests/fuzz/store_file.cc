// A store's file and its log, opened and read as a whole: real files, in memory where the system
// has a place for that. Input: a byte of how, then edits: which file (1 byte), offset (4 bytes), a
// piece (its length, its bytes) that is written there.
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/assert.h"
#include "fuzz/known_tables.h"
#include "fuzz/target.h"
#include "io/process.h"
#include "model/cell.h"
#include "model/digest.h"
#include "model/tables.h"
#include "store/sqlite/format.h"
#include "store/sqlite/page_checksum.h"
#include "store/sqlite/sqlite_store.h"

namespace perdure::fuzz {
namespace {

namespace sqlite = store::sqlite;
namespace fs = std::filesystem;

constexpr unsigned how_at_rest = 1;     // all is in the file; else its newest pages are in the log
constexpr unsigned how_seal_pages = 2;  // edited pages get the checksum of what they became
constexpr std::size_t edits_max = 16;
constexpr std::uint32_t rows_read_max = 1000;

// The file and its log.
using Image = std::array<std::vector<std::byte>, 2>;

std::vector<std::byte> file_content(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(file)), {});
    return copy_of(as_bytes(content));
}

void write_content(const fs::path& path, ByteSpan bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    PERDURE_ASSERT(file.flush());
}

// Its directory, and the two states of a store from which inputs begin.
class StoreImages {
public:
    StoreImages() {
        const fs::path memory = "/dev/shm";
        const fs::path parent = fs::is_directory(memory) ? memory : fs::temp_directory_path();
        directory_ = parent / text::format("perdure-fuzz-{}", io::process_id());
        fs::create_directories(directory_);
        fill();
    }
    ~StoreImages() {
        std::error_code ignored;
        fs::remove_all(directory_, ignored);
    }
    StoreImages(const StoreImages&) = delete;
    StoreImages& operator=(const StoreImages&) = delete;

    [[nodiscard]] const Image& image(bool at_rest) const { return at_rest ? at_rest_ : logged_; }
    [[nodiscard]] const Hash128& digest() const { return digest_; }

    void put(const Image& image) const {
        std::error_code ignored;
        fs::remove(log_path() + "-shm", ignored);
        fs::remove(path() + "-shm", ignored);
        write_content(path(), image[0]);
        write_content(log_path(), image[1]);
        if (image[1].empty()) fs::remove(log_path(), ignored);
    }
    Result<std::unique_ptr<store::SqliteStore>> open(bool create) const {
        store::SqliteStoreOptions options;
        options.path = path();
        options.create = create;
        options.cache_mib = 1;
        options.reader_cache_mib = 1;
        options.busy_timeout_ms = 0;
        return store::SqliteStore::open(options);
    }

private:
    [[nodiscard]] std::string path() const { return (directory_ / "store.sqlite").string(); }
    [[nodiscard]] std::string log_path() const { return path() + "-wal"; }

    void fill() {
        auto opened = open(true);
        PERDURE_ASSERT(opened.ok());
        store::SqliteStore& store = **opened;
        PERDURE_ASSERT(store.take_over(1).ok());
        const TableDefinition& events = *known_tables().find("events");
        Watermark at;
        apply(store, at, std::span(&events, 1));
        PERDURE_ASSERT(*checkpointed(store));
        std::vector<store::Change> changes(1);
        changes[0].table = &events;
        std::vector<Row> rows;
        for (std::uint64_t row = 0; row < 40; ++row) {
            rows.push_back({{"tick", row}, {"seq", 1U}, {"what", std::string(row * 9, 'e')}});
        }
        changes[0].upserted.push_back(perdure::test::batch_of(events, rows));
        digest_ = batch_digest(changes[0].upserted.front());
        apply(store, at, std::span<const store::Change>(changes));
        logged_ = {file_content(path()), file_content(log_path())};
        PERDURE_ASSERT(*checkpointed(store));
        at_rest_ = {file_content(path()), {}};
    }

    template <typename What>
    static void apply(store::SqliteStore& store, Watermark& at, std::span<const What> what) {
        Watermark after = at;
        after.epoch = 1;
        ++after.lsn;
        PERDURE_ASSERT(store.apply({1, at}, after, what).ok());
        at = after;
    }
    static Result<bool> checkpointed(store::SqliteStore& store) {
        for (;;) {
            const auto more = store.checkpoint_step();
            PERDURE_ASSERT(more.ok());
            if (!*more) return true;
        }
    }

    fs::path directory_;
    Image logged_;
    Image at_rest_;
    Hash128 digest_;
};

const StoreImages& store_images() {
    static const StoreImages images;
    return images;
}

struct Edited {
    Image image;
    bool sealed = false;
    bool in_log = false;
};

Edited edited_image(Input& input) {
    const auto how = input.number<std::uint8_t>();
    Edited edited{store_images().image((how & how_at_rest) != 0), (how & how_seal_pages) != 0, {}};
    for (std::size_t edit = 0; edit < edits_max && !input.empty(); ++edit) {
        const std::size_t which = input.number<std::uint8_t>() % 2;
        std::vector<std::byte>& file = edited.image[which];
        const std::size_t at = input.number<std::uint32_t>() % (file.size() + 1);
        const ByteSpan bytes = input.short_piece();
        if (bytes.empty()) file.resize(at);
        const std::size_t room = std::min(bytes.size(), file.size() - at);
        std::copy_n(bytes.begin(), room, file.begin() + static_cast<std::ptrdiff_t>(at));
        edited.in_log |= which == 1;
    }
    for (std::size_t at = 0; edited.sealed && at + sqlite::page_bytes <= edited.image[0].size();
         at += sqlite::page_bytes) {
        const MutableByteSpan page(edited.image[0].data() + at, sqlite::page_bytes);
        sqlite::seal_page(page, at / sqlite::page_bytes + 1);
    }
    return edited;
}

void check_read_cells(const Batch& batch) {
    for (std::size_t column = 0; column < batch.columns(); ++column) {
        const ColumnType& type = batch.table().columns[column].type;
        for (std::uint32_t row = 0; row < batch.rows(); ++row) {
            const bool bit = type.kind == ColumnKind::boolean;
            PERDURE_ASSERT(bit || is_cell(type, batch.cell(column, row)));
        }
    }
}

// Adds the digest of all rows of the table to `sum`.
Status read_table(store::Snapshot& snapshot, const TableDefinition& table, Hash128& sum) {
    const auto rows = snapshot.scan(table, nullptr, 0, rows_read_max);
    if (!rows) return rows.status();
    check_read_cells(*rows);
    sum = sum + batch_digest(*rows);
    const auto last = snapshot.last(table);
    if (!last) return last.status();
    return snapshot.count(table).status();
}

Status read_store(store::SqliteStore& store, Hash128& sum) {
    auto definitions = store.definitions();
    if (!definitions) return definitions.status();
    auto snapshot = store.snapshot();
    if (!snapshot) return snapshot.status();
    for (const TableDefinition& table : *definitions) {
        if (Status status = read_table(**snapshot, table, sum); !status.ok()) return status;
    }
    return {};
}

}  // namespace

Outcome store_file(ByteSpan bytes) {
    Input input(bytes);
    const Edited edited = edited_image(input);
    store_images().put(edited.image);
    const auto opened = store_images().open(false);
    const std::initializer_list<Code> documented{Code::corrupt,  Code::unsupported, Code::invalid,
                                                 Code::conflict, Code::not_found,   Code::io};
    if (!opened) return refused(opened.status(), documented);
    Hash128 sum;
    const Status read = read_store(**opened, sum);
    if (!read.ok()) return refused(read, documented);
    // A page that is not what was written was refused; what is read is what was stored. A log that
    // was cut short is an older state.
    if (!edited.sealed && !edited.in_log) PERDURE_ASSERT(sum == store_images().digest());
    return Outcome::taken;
}

}  // namespace perdure::fuzz
