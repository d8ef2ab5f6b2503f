// Rows of the store as a world in memory: entities, their trees, components. Input: rows one after
// the other, each with a first byte that says of which table, and whether it is an erase.
#include <array>
#include <cstring>

#include "base/assert.h"
#include "entities/registry.h"
#include "fuzz/target.h"
#include "model/batch_builder.h"
#include "model/utf8.h"

namespace perdure::fuzz {

struct Place {
    float x = 0, y = 0;
};
PERDURE_COMPONENT(Place, x, y);
struct Label {
    std::string words;
    std::optional<std::int16_t> rank;
};
PERDURE_COMPONENT(Label, words, rank);

namespace {

constexpr unsigned row_erase = 0x80;
constexpr std::size_t rows_hydrated_max = 4096;

const Schema& hydrated_schema() {
    static const Schema schema = [] {
        Schema made;
        made.component<Place>().component<Label>();
        return made;
    }();
    return schema;
}

class Hydrated {
public:
    Hydrated() {
        auto made = entities::Registry::make(hydrated_schema());
        PERDURE_ASSERT(made.ok());
        registry_ = *std::move(made);
        for (const TableDefinition& wanted : registry_->definitions()) {
            auto evolved = catalog_.evolve(wanted);
            PERDURE_ASSERT(evolved.ok() && evolved->has_value());
            PERDURE_ASSERT(catalog_.add(**evolved).ok());
        }
        const auto any = [](std::string_view) { return Category{}; };
        PERDURE_ASSERT(registry_->bind(catalog_, any).ok());
    }

    [[nodiscard]] const TableDefinition& table(std::string_view name) const {
        const TableDefinition* found = catalog_.find(name);
        PERDURE_ASSERT(found != nullptr);
        return *found;
    }
    [[nodiscard]] entities::Registry& registry() { return *registry_; }

private:
    Catalog catalog_;
    std::unique_ptr<entities::Registry> registry_;
};

// Small ones usually, so that parents are found; any 64 bits behind a byte of ones.
std::uint64_t id_from(Input& input) {
    const auto small = input.number<std::uint8_t>();
    return small == 0xff ? input.number<std::uint64_t>() : small;
}

template <typename T>
void add_number(BatchBuilder& builder, std::size_t column, T value) {
    std::byte cell[sizeof value];
    store_le(cell, value);
    builder.add_bytes(column, cell);
}

void add_entity_cells(Input& input, BatchBuilder& builder) {
    add_number(builder, 1, input.number<std::uint8_t>());  // kind
    add_number(builder, 2, id_from(input));                // parent
    add_number(builder, 3, id_from(input));                // root
    add_number(builder, 4, static_cast<std::int64_t>(input.number<std::uint8_t>()));
}

void add_label_cells(Input& input, BatchBuilder& builder) {
    const ByteSpan words = input.short_piece();
    builder.add_bytes(1, is_text(as_text(words)) ? words : ByteSpan());
    const auto rank = input.number<std::int16_t>();
    if (rank == 0) {
        builder.add_null(2);
    } else {
        add_number(builder, 2, rank);
    }
}

Batch next_row(Input& input, const Hydrated& world) {
    static constexpr std::array names{"entity", "_entity_ids", "Place", "Label"};
    const auto what = input.number<std::uint8_t>();
    const std::size_t which = what % names.size();
    const bool erase = (what & row_erase) != 0;
    BatchBuilder builder(world.table(names[which]), erase ? Operation::erase : Operation::upsert);
    if (which == 1) {
        add_number(builder, 0, input.number<std::uint8_t>());  // slot
    } else {
        add_number(builder, 0, id_from(input));
    }
    if (!erase && which == 0) add_entity_cells(input, builder);
    if (!erase && which == 1) add_number(builder, 1, id_from(input));
    if (!erase && which == 2) {
        add_number(builder, 1, input.number<std::uint32_t>());
        add_number(builder, 2, input.number<std::uint32_t>());
    }
    if (!erase && which == 3) add_label_cells(input, builder);
    builder.end_row();
    Result<Batch> batch = builder.finish();
    PERDURE_ASSERT(batch.ok());
    return *std::move(batch);
}

// Parents live, roots are at the top, and nobody is its own ancestor.
void check_trees(const entities::EntityTable& table) {
    for (std::uint32_t row = 0; row < table.rows().count(); ++row) {
        const std::uint64_t id = table.rows().id_at(row);
        std::uint64_t top = id;
        std::uint32_t steps = 0;
        for (Entity up = table.parent(id); up != no_entity; up = table.parent(top)) {
            PERDURE_ASSERT(table.alive(up.id));
            top = up.id;
            PERDURE_ASSERT(++steps < table.rows().count());
        }
        PERDURE_ASSERT(table.root(id) == Entity{top});
    }
}

// What came to life is stored and loaded again, and then there is nothing to repair.
void check_loaded_again(Hydrated& world) {
    const entities::EntityTable& lived = world.registry().entities();
    Hydrated again;
    BatchBuilder builder(again.table("entity"), Operation::upsert);
    for (std::uint32_t row = 0; row < lived.rows().count(); ++row) {
        const entities::EntityRow stored = lived.stored_row(row);
        add_number(builder, 0, lived.rows().id_at(row));
        add_number(builder, 1, static_cast<std::uint8_t>(stored.kind));
        add_number(builder, 2, stored.parent.id);
        add_number(builder, 3, stored.root.id);
        add_number(builder, 4, stored.segment);
        builder.end_row();
    }
    const auto batch = builder.finish();
    PERDURE_ASSERT(batch.ok() && again.registry().load(*batch).ok());
    std::vector<std::string> remarks;
    PERDURE_ASSERT(again.registry().loaded(remarks).ok());
    check_trees(again.registry().entities());
    for (const std::string& remark : remarks) {  // no ids were stored, so that it says so
        PERDURE_ASSERT(remark.find("beyond the reserved ids") != std::string::npos);
    }
    PERDURE_ASSERT(again.registry().entities().rows().count() == lived.rows().count());
}

}  // namespace

Outcome hydration(ByteSpan bytes) {
    Hydrated world;
    Input input(bytes);
    for (std::size_t rows = 0; !input.empty() && rows < rows_hydrated_max; ++rows) {
        const Status status = world.registry().load(next_row(input, world));
        if (!status.ok()) {
            return refused(status, {Code::corrupt, Code::unsupported, Code::no_space});
        }
    }
    std::vector<std::string> remarks;
    PERDURE_ASSERT(world.registry().loaded(remarks).ok());
    check_trees(world.registry().entities());
    check_loaded_again(world);
    static_cast<void>(world.registry().digest());
    return Outcome::taken;
}

}  // namespace perdure::fuzz
