#include "exhaustion/spoilt_store.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/error.h"
#include "exhaustion/small_machine.h"
#include "model/catalog.h"
#include "model/digest.h"
#include "simulation/disk_vfs.h"
#include "store/sqlite/format.h"
#include "store/sqlite/page_checksum.h"
#include "store/sqlite/sqlite_store.h"

namespace perdure::exhaustion {
namespace {

constexpr std::uint32_t page_rows = 1000;

void append_hash(std::vector<std::byte>& to, const Hash128& hash) {
    const auto bytes = std::as_bytes(std::span(&hash, 1));
    to.insert(to.end(), bytes.begin(), bytes.end());
}

}  // namespace

SpoiltStore::SpoiltStore() {
    using enum Deed;
    constexpr std::array deeds{create, change, put,    pay,    hold,    append, drain,
                               put,    erase,  append, create, declare, drain};
    machine_.kind = simulation::StoreKind::sqlite;
    world_.bytes[0] = std::byte{0x51};
    simulation::Model model;
    simulation::Figures ignored;
    const Status made = live_through(machine_, model, deeds, true, ignored);
    PERDURE_ASSERT(made.ok());
    machine_.disk->crash_keeping_everything();
    image_ = machine_.disk->read_at_rest(path_);
    const auto content = read(*machine_.disk->clone());
    PERDURE_ASSERT(content.ok());
    content_ = *content;
}

std::uint64_t SpoiltStore::pages() const noexcept {
    return image_.size() / store::sqlite::page_bytes;
}

Result<Hash128> SpoiltStore::read(io::MemoryFileSystem& disk) {
    io::ManualClock clock;
    simulation::DiskVfs vfs(disk, clock, 1);
    store::SqliteStoreOptions options;
    options.path = path_;
    options.world = world_;
    options.create = false;
    options.base_vfs = vfs.name();
    options.cache_mib = 1;
    options.reader_cache_mib = 1;
    options.busy_timeout_ms = 0;
    options.throwaway = true;
    options.clock = &clock;
    PERDURE_TAKE(const auto store, store::SqliteStore::open(options));
    std::vector<std::byte> all;
    PERDURE_TAKE(const store::Watermarks marks, store->watermarks());
    append_hash(all, marks.visible.chain);
    all.push_back(static_cast<std::byte>(marks.visible.lsn));
    PERDURE_TAKE(const std::vector<TableDefinition> definitions, store->definitions());
    if (definitions_.empty()) definitions_ = definitions;
    Catalog catalog;
    for (const TableDefinition& definition : definitions) {
        encode_definition(definition, all);
        PERDURE_TRY(catalog.add(definition));
    }
    PERDURE_TAKE(const auto snapshot, store->snapshot());
    for (const TableDefinition& definition : definitions) {
        const TableDefinition* table = catalog.find(definition.id);
        if (table->version != definition.version) continue;
        PERDURE_TAKE(const Batch rows, snapshot->scan(*table, nullptr, 0, page_rows));
        append_hash(all, batch_digest(rows));
        all.push_back(static_cast<std::byte>(rows.rows()));
    }
    return checksum128(all);
}

Status SpoiltStore::judge(io::MemoryFileSystem& disk) {
    const auto content = read(disk);
    if (!content.ok()) {
        ++refused_;
        if (!content.status().message().empty()) return {};
        return error(Code::corrupt, "refused without a word");
    }
    ++harmless_;
    if (*content == content_) return {};
    return error(Code::corrupt, "the store opened and holds something else");
}

Status SpoiltStore::judge_checksum(std::uint64_t number) {
    const std::uint64_t byte = number / 8;
    const std::uint64_t page = byte / store::sqlite::page_bytes;
    const auto mask = static_cast<std::byte>(1U << number % 8);
    image_[byte] ^= mask;
    const bool whole = store::sqlite::page_is_whole(
        ByteSpan(image_).subspan(page * store::sqlite::page_bytes, store::sqlite::page_bytes),
        page + 1);
    image_[byte] ^= mask;
    if (!whole) return {};
    return error(Code::corrupt, "page {} is whole with bit {} of the file flipped", page + 1,
                 number);
}

Status SpoiltStore::judge_flip(std::uint64_t number) {
    const auto disk = machine_.disk->clone();
    disk->flip_bit(path_, number / 8, static_cast<unsigned>(number % 8));
    return judge(*disk).with_context(text::format("{}, bit {}", path_, number));
}

Status SpoiltStore::judge_truncation(std::uint64_t number) {
    const auto disk = machine_.disk->clone();
    disk->truncate_at_rest(path_, number);
    return judge(*disk).with_context(text::format("{} cut to {} bytes", path_, number));
}

Status SpoiltStore::judge_definitions(std::uint64_t& tried) const {
    const auto judge = [&](ByteSpan bytes, std::string_view name) -> Status {
        ++tried;
        ByteSpan rest = bytes;
        const auto decoded = decode_definition(rest);
        if (!decoded.ok()) return {};
        std::vector<std::byte> again;
        encode_definition(*decoded, again);
        const ByteSpan taken = bytes.first(bytes.size() - rest.size());
        if (std::equal(again.begin(), again.end(), taken.begin(), taken.end())) return {};
        return error(Code::corrupt, "a spoilt definition of {} was taken for another one", name);
    };
    for (const TableDefinition& definition : definitions_) {
        std::vector<std::byte> bytes;
        encode_definition(definition, bytes);
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            PERDURE_TRY(judge(ByteSpan(bytes).first(length), definition.name));
        }
        for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            bytes[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
            PERDURE_TRY(judge(bytes, definition.name));
            bytes[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
        }
    }
    return {};
}

}  // namespace perdure::exhaustion
