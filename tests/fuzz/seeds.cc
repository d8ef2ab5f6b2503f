#include "fuzz/seeds.h"

#include <utility>

#include "base/assert.h"
#include "base/random.h"
#include "engine/world_directory.h"
#include "fuzz/known_tables.h"
#include "fuzz/writer.h"
#include "io/memory_file_system.h"
#include "journal/file_header.h"
#include "journal/file_name.h"
#include "journal/frame.h"
#include "journal/group.h"
#include "journal/key_codec.h"
#include "model/cell.h"
#include "model/tables.h"

namespace perdure::fuzz {
namespace {

constexpr std::uint64_t seed_of_seeds = 20261121;
constexpr unsigned how_sealed_twice = 3;  // file_header.cc

class SeedMaker {
public:
    std::vector<Seed> make() {
        text_seeds();
        name_seeds();
        key_seeds();
        cell_seeds();
        definition_seeds();
        header_seeds();
        frame_seeds();
        group_seeds();
        file_seeds();
        return std::move(seeds_);
    }

private:
    void add(std::string_view target, std::string_view name, ByteSpan bytes) {
        seeds_.push_back({target, "seed-" + std::string(name), {bytes.begin(), bytes.end()}});
    }
    void add(std::string_view target, std::string_view name, std::string_view words) {
        add(target, name, as_bytes(words));
    }

    void text_seeds() {
        add("text", "ascii",
            "plain words, longer than the eight bytes of one step, and thirty-two");
        add("text", "every-length", "a\xC2\xA2\xE2\x82\xAC\xF0\x9D\x84\x9E");
        add("text", "edges", "\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\xDF\xBF\xE0\xA0\x80");
        add("lock_owner", "process", "process 4711, since 2026-11-21 15:04:05 UTC");
    }

    void name_seeds() {
        add("file_name", "file", journal::file_name(7));
        add("file_name", "spare", journal::spare_name(0xfedcba9876543210));
        for (const ColumnType& type : perdure::test::every_type()) {
            const std::string shape = type.count == 0 ? "" : text::format("-{}", type.count);
            const ColumnKind kind = type.count == 0 ? type.kind : type.element;
            add("column_type", text::format("{}{}", kind_name(kind), shape), type.name());
        }
    }

    void key_seeds() {
        for (const std::size_t width : {std::size_t{4}, std::size_t{8}}) {
            for (const std::uint64_t step : {std::uint64_t{0}, std::uint64_t{3}, ~std::uint64_t{0},
                                             std::uint64_t{70'000}, std::uint64_t{1} << 40}) {
                constexpr std::uint16_t rows = 140;  // two blocks
                Writer keys;
                for (std::uint64_t row = 0; row < rows; ++row) {
                    std::byte key[8];
                    store_le(key, row * step);
                    keys.bytes(ByteSpan(key).first(width));
                }
                std::vector<std::byte> encoded(journal::encoded_keys_bytes_max(rows, width));
                const std::byte* const end =
                    journal::encode_keys(keys.done().data(), rows, width, encoded.data());
                encoded.resize(static_cast<std::size_t>(end - encoded.data()));
                Writer seed;
                seed.number(static_cast<std::uint8_t>(width == 8)).number(rows).bytes(encoded);
                add("key_codec", text::format("{}-step-{}", width, step), seed.done());
            }
        }
    }

    void cell_seeds() {
        for (const ColumnType& type : perdure::test::every_type()) {
            Writer seed;
            seed.number(type.kind).number(type.element);
            seed.number(static_cast<std::uint16_t>(type.count));
            for (int piece = 0; piece < 2; ++piece) {
                std::vector<std::byte> cell;
                append_cell(type, perdure::test::random_value(random_, type), cell);
                piece == 0 ? seed.short_piece(cell) : seed.bytes(cell);
            }
            add("cell", text::format("kind-{}-{}", static_cast<unsigned>(type.kind), type.count),
                seed.done());
        }
    }

    void definition_seeds() {
        std::vector<std::byte> all;
        std::uint8_t count = 0;
        for (const TableDefinition* table : known_tables().tables()) {
            std::vector<std::byte> one;
            encode_definition(*table, one);
            all.insert(all.end(), one.begin(), one.end());
            ++count;
            add("definition", table->name, Writer().number(std::uint8_t{1}).bytes(one).done());
        }
        add("definition", "all", Writer().number(count).bytes(all).done());
        TableDefinition defaults = perdure::test::everything();
        for (Column& column : defaults.columns) {
            if (column.nullable || column.name == "id") continue;
            column.default_value = perdure::test::random_value(random_, column.type);
        }
        std::vector<std::byte> one;
        encode_definition(defaults, one);
        add("definition", "defaults", Writer().number(std::uint8_t{1}).bytes(one).done());
    }

    void header_seeds() {
        journal::FileHeader header;
        header.world.bytes[3] = std::byte{7};
        header.epoch = 2;
        header.sequence = 5;
        header.first_group = 40;
        header.first_lsn = 100;
        header.previous_file = 4;
        header.previous_bytes = 65536;
        header.durable_lsn = 99;
        header.file_bytes = 32768;
        journal::IoBuffer buffer;
        const std::vector<std::byte> definitions(300, std::byte{1});
        const ByteSpan head = journal::encode_file_head(header, 2, definitions, buffer);
        // Sealing gives the checksums and the second copy back.
        Writer seed;
        seed.number(static_cast<std::uint8_t>(how_sealed_twice));
        seed.bytes(head.first(sizeof(journal::FileHeader)));
        add("file_header", "second-file", seed.done());
        Writer damaged;
        damaged.number(static_cast<std::uint8_t>(how_sealed_twice | 4U));
        damaged.bytes(head.first(sizeof(journal::FileHeader)));
        add("file_header", "first-copy-damaged", damaged.done());
        Writer whole;
        whole.number(std::uint8_t{0}).bytes(head.first(journal::headers_bytes));
        add("file_header", "as-written", whole.done());
    }

    ChangeSet changes_of(const TableDefinition& table, std::size_t rows, Operation operation) {
        ChangeSet changes;
        changes.lsn = 1;
        std::vector<Row> cells(rows);
        for (Row& row : cells) {
            row = perdure::test::random_row(random_, table);
            if (operation == Operation::erase) row.resize(table.key_columns);
        }
        changes.batches.push_back(perdure::test::batch_of(table, cells, operation));
        return changes;
    }

    void frame_seeds() {
        for (const TableDefinition* table : known_tables().tables()) {
            for (const Operation operation : {Operation::upsert, Operation::erase}) {
                ChangeSet changes = changes_of(*table, 3, operation);
                if (operation == Operation::upsert) changes.tick = 9;
                const char* const what = operation == Operation::upsert ? "upsert" : "erase";
                add("frame", text::format("{}-{}", table->name, what), frame_of(changes));
            }
        }
        ChangeSet both = changes_of(*known_tables().find("events"), 140, Operation::erase);
        ChangeSet keys = changes_of(*known_tables().find("every_key"), 2, Operation::upsert);
        both.batches.push_back(std::move(keys.batches.front()));
        add("frame", "two-batches", frame_of(both));
        ChangeSet nothing;
        nothing.lsn = 1;
        add("frame", "empty", frame_of(nothing));
        ChangeSet defines;
        defines.lsn = 1;
        defines.definitions.push_back(*known_tables().find("events"));
        defines.definitions.push_back(*known_tables().find("every_key"));
        add("frame", "definitions", frame_of(defines));
    }

    void group_seeds() {
        journal::GroupHeader header;
        header.group = 3;
        header.epoch = 1;
        header.file = 1;
        header.offset = 12288;
        header.first_lsn = 1;
        header.frames = 2;
        journal::GroupBuilder builder;
        ChangeSet first = changes_of(*known_tables().find("events"), 2, Operation::upsert);
        ChangeSet second;
        second.lsn = 2;
        second.definitions.push_back(*known_tables().find("every_key"));
        for (const ChangeSet* each : {&first, &second}) {
            builder.add(*each, journal::frame_bytes_max(*each));
        }
        header.flags = journal::group_flag_definitions;
        const std::uint64_t used = journal::group_header_bytes + builder.payload_bytes();
        add("group", "rows-and-definition", builder.seal(header).first(used));
        builder.clear(0);
        header.flags = 0;
        header.frames = 0;
        header.kind = journal::GroupKind::attest;
        header.durable_lsn = 0;
        add("group", "attest", builder.seal(header).first(journal::group_header_bytes));
    }

    void file_seeds() {
        io::MemoryFileSystem disk;
        PERDURE_ASSERT(disk.create_directory("world").ok());
        engine::WorldDirectory directory(disk, "world");
        Uuid world;
        world.bytes[0] = std::byte{0x6b};
        PERDURE_ASSERT(directory.create(world, io::ManualClock()).ok());
        const auto identity = io::read_file(disk, "world/identity", 4096);
        PERDURE_ASSERT(identity.ok());
        add("identity", "new", *identity);
        add("settings", "all",
            "# what a person wrote\n[category.economy]\ndurability = \"stored\"\n"
            "interval_ms = 500\nconsistency = \"strict\"\nretention = 'keep'\n"
            "[limits]\njournal_bytes_max = 8_589_934_592\njournal_files_ahead = 0x3\n"
            "drain_interval_ms = 0b11\ndrain_bytes = 1\n");
        add("settings", "inline",
            "category = {world = {durability = \"relaxed\"}, a = {}}\nlimits.pending_bytes_max=1");
        add("settings", "empty", "\n");
        Writer category;
        category.short_text("economy").short_text("stored").short_text("strict");
        add("categories", "economy", category.short_text("keep").number(std::uint32_t{9}).done());
    }

    Random random_{seed_of_seeds};
    std::vector<Seed> seeds_;
};

}  // namespace

std::vector<Seed> make_seeds() {
    std::vector<Seed> all = SeedMaker().make();
    for (auto make : {journal_seeds, store_seeds}) {
        for (Seed& seed : make()) all.push_back(std::move(seed));
    }
    return all;
}

}  // namespace perdure::fuzz
