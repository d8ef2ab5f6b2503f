// Gathering and scattering: structs to columns and back. src/model/gather.cc, src/model/scatter.cc.
#include <bit>
#include <memory>

#include <gtest/gtest.h>

#include "base/test_run.h"
#include "model/block_pool.h"
#include "model/components.h"
#include "model/structs.h"
#include "model/tables.h"

namespace perdure {
namespace {

TableDefinition table_of(const StructShape& shape) {
    return test::numbered(definition_of(shape, "entity", test::type_of(ColumnKind::id)));
}

// Structs of one type somewhere in memory, and the way to batches and back.
template <typename T>
class Structs {
public:
    explicit Structs(std::size_t count) : values_(count) {
        for (std::size_t index = 0; index < count; ++index) {
            ids_.push_back(index * 3 + 2);
            rows_.push_back(reinterpret_cast<const std::byte*>(&values_[index]));
        }
    }

    T& operator[](std::size_t index) { return values_[index]; }
    [[nodiscard]] std::size_t size() const { return values_.size(); }
    std::vector<std::uint64_t>& ids() { return ids_; }

    // The structs lie in memory in another order than in the batch.
    void shuffle(Random& random) {
        random.shuffle(std::span(rows_));
        std::vector<T> ordered;
        for (const std::byte* row : rows_) ordered.push_back(*reinterpret_cast<const T*>(row));
        expected_ = std::move(ordered);
    }
    const T& expected(std::size_t index) {
        return expected_.empty() ? values_[index] : expected_[index];
    }

    Result<Batch> gather(BlockPool* pool = nullptr) {
        return gather_structs(table_, plan_, ids_, rows_, pool);
    }
    std::vector<T> scatter(const Batch& batch) {
        std::vector<T> back(batch.rows());
        scatter_structs(batch, plan_, 0, batch.rows(), reinterpret_cast<std::byte*>(back.data()),
                        sizeof(T));
        return back;
    }

    StructShape shape_ = struct_shape<T>();
    TableDefinition table_ = table_of(shape_);
    StructPlan plan_ = plan_structs(shape_, table_);

private:
    std::vector<T> values_;
    std::vector<T> expected_;
    std::vector<std::uint64_t> ids_;
    std::vector<const std::byte*> rows_;
};

void randomise(Random& random, game::Fixed& value) {
    value.flag = random.chance(1, 2);
    value.i64 = test::random_integer<std::int64_t>(random);
    value.i8 = test::random_integer<std::int8_t>(random);
    value.u64 = test::random_integer<std::uint64_t>(random);
    value.i16 = test::random_integer<std::int16_t>(random);
    value.i32 = test::random_integer<std::int32_t>(random);
    value.u8 = test::random_integer<std::uint8_t>(random);
    value.u16 = test::random_integer<std::uint16_t>(random);
    value.u32 = test::random_integer<std::uint32_t>(random);
    value.id.id = random.next() >> 1;
    value.f32 = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));
    value.f64 = std::bit_cast<double>(random.next());
    random.fill(value.uuid.bytes);
    for (std::int16_t& element : value.array) element = test::random_integer<std::int16_t>(random);
    value.mood = random.chance(1, 2) ? game::Mood::calm : game::Mood::angry;
    value.colour = random.chance(1, 2) ? game::red : game::blue;
}

template <typename T>
bool same_fields(const StructShape& shape, const T& one, const T& other) {
    const auto* left = reinterpret_cast<const std::byte*>(&one);
    const auto* right = reinterpret_cast<const std::byte*>(&other);
    for (const FieldShape& field : shape.fields) {
        const std::size_t width = std::max<std::size_t>(field.type.width(), 1);
        if (std::memcmp(left + field.offset, right + field.offset, width) != 0) return false;
    }
    return true;
}

TEST(Gather, every_fixed_kind_comes_back_bit_for_bit) {
    Random random(test_seed());
    BlockPool pool(1U << 20);
    for (const std::size_t count : {0U, 1U, 7U, 8U, 15U, 16U, 17U, 255U, 256U, 257U, 1000U}) {
        Structs<game::Fixed> structs(count);
        for (std::size_t index = 0; index < count; ++index) randomise(random, structs[index]);
        structs.shuffle(random);
        const Batch batch = *structs.gather(&pool);
        ASSERT_EQ(batch.rows(), count);
        const auto back = structs.scatter(batch);
        for (std::size_t index = 0; index < count; ++index) {
            ASSERT_EQ(batch.fixed<std::uint64_t>(0, static_cast<std::uint32_t>(index)),
                      structs.ids()[index]);
            ASSERT_TRUE(same_fields(structs.shape_, back[index], structs.expected(index)))
                << index << " of " << count;
        }
    }
}

TEST(Gather, columns_hold_the_values_of_the_fields) {
    Structs<game::Fixed> structs(9);
    structs[8].flag = false;
    structs[8].i32 = 77;
    structs[8].mood = game::Mood::calm;
    const Batch batch = *structs.gather();
    const auto value = [&](const char* name) {
        return batch.value(*structs.table_.find_column(name), 8);
    };
    EXPECT_EQ(value("flag"), Value(false));
    EXPECT_EQ(value("i32"), Value(77));
    EXPECT_EQ(value("mood"), Value(-1));
    EXPECT_EQ(value("colour"), Value(40000U));
    EXPECT_EQ(value("u64"), Value(~std::uint64_t{0}));
    EXPECT_EQ(batch.value(*structs.table_.find_column("flag"), 7), Value(true));
}

TEST(Gather, fields_side_by_side_go_to_their_own_columns) {
    Random random(test_seed());
    Structs<game::Runs> structs(300);
    for (std::size_t index = 0; index < structs.size(); ++index) {
        game::Runs& runs = structs[index];
        random.fill({reinterpret_cast<std::byte*>(&runs), sizeof runs});
    }
    structs.shuffle(random);
    const Batch batch = *structs.gather();
    const auto back = structs.scatter(batch);
    for (std::size_t index = 0; index < structs.size(); ++index) {
        ASSERT_TRUE(same_fields(structs.shape_, back[index], structs.expected(index)));
    }
    const auto row = static_cast<std::uint32_t>(structs.size() - 1);
    EXPECT_EQ(batch.fixed<std::uint32_t>(5, row), structs.expected(row).a5);
    EXPECT_EQ(batch.fixed<std::uint64_t>(9, row), structs.expected(row).b3);
}

TEST(Gather, words_come_back) {
    Random random(test_seed());
    Structs<game::Words> structs(600);
    for (std::size_t index = 0; index < structs.size(); ++index) {
        structs[index].text = test::random_text(random);
        structs[index].json.text = test::random_text(random);
        structs[index].bytes = test::random_bytes(random, random.below(30));
    }
    const Batch batch = *structs.gather();
    const auto back = structs.scatter(batch);
    for (std::size_t index = 0; index < structs.size(); ++index) {
        EXPECT_EQ(back[index].text, structs[index].text);
        EXPECT_EQ(back[index].json, structs[index].json);
        EXPECT_EQ(back[index].bytes, structs[index].bytes);
    }
}

void randomise(Random& random, game::Optionals& value) {
    if (random.chance(1, 2)) value.flag = random.chance(1, 2);
    if (random.chance(1, 2)) value.i8 = test::random_integer<std::int8_t>(random);
    if (random.chance(1, 2)) value.u64 = random.next();
    if (random.chance(1, 2)) value.f32 = 0.25F;
    if (random.chance(1, 2)) value.id = Entity{random.next() >> 1};
    if (random.chance(1, 2)) value.uuid = Uuid{};
    if (random.chance(1, 2)) value.array = std::array<float, 3>{1, 2, 3};
    if (random.chance(1, 2)) value.mood = game::Mood::calm;
    if (random.chance(1, 2)) value.text = test::random_text(random) + std::string(20, 'x');
    if (random.chance(1, 2)) value.json = Json{test::random_text(random)};
    if (random.chance(1, 2)) value.bytes = test::random_bytes(random, random.below(30));
}

void expect_equal(const game::Optionals& one, const game::Optionals& other) {
    EXPECT_EQ(one.flag, other.flag);
    EXPECT_EQ(one.i8, other.i8);
    EXPECT_EQ(one.u64, other.u64);
    EXPECT_EQ(one.f32, other.f32);
    EXPECT_EQ(one.id, other.id);
    EXPECT_EQ(one.uuid, other.uuid);
    EXPECT_EQ(one.array, other.array);
    EXPECT_EQ(one.mood, other.mood);
    EXPECT_EQ(one.text, other.text);
    EXPECT_EQ(one.json, other.json);
    EXPECT_EQ(one.bytes, other.bytes);
}

TEST(Gather, optionals_come_back_over_whatever_was_there) {
    Random random(test_seed());
    Structs<game::Optionals> structs(300);
    for (std::size_t index = 0; index < structs.size(); ++index) randomise(random, structs[index]);
    const Batch batch = *structs.gather();
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        game::Optionals back;
        randomise(random, back);
        scatter_struct(batch, structs.plan_, row, reinterpret_cast<std::byte*>(&back));
        expect_equal(back, structs[row]);
    }
}

TEST(Gather, nulls_are_zeros_and_empty_in_the_columns) {
    Structs<game::Optionals> structs(2);
    structs[1].u64 = 9;
    structs[0].u64 = 5;
    structs[0].u64.reset();  // the value is still there, behind the flag
    structs[0].text = "gone";
    structs[0].text.reset();
    const Batch batch = *structs.gather();
    const std::size_t column = *structs.table_.find_column("u64");
    EXPECT_TRUE(batch.is_null(column, 0));
    EXPECT_EQ(batch.fixed<std::uint64_t>(column, 0), 0U);
    EXPECT_EQ(batch.fixed<std::uint64_t>(column, 1), 9U);
    EXPECT_EQ(batch.text(*structs.table_.find_column("text"), 0), "");
}

TEST(Gather, a_column_without_nulls_has_no_validity) {
    Structs<game::Optionals> structs(20);
    for (std::size_t index = 0; index < 20; ++index) {
        structs[index].u64 = index;
        structs[index].flag = index == 19;
        structs[index].text = "x";
    }
    const Batch batch = *structs.gather();
    for (const char* name : {"u64", "flag", "text"}) {
        EXPECT_EQ(batch.layout(*structs.table_.find_column(name)).validity, 0U) << name;
    }
    EXPECT_TRUE(batch.boolean(*structs.table_.find_column("flag"), 19));
    EXPECT_FALSE(batch.boolean(*structs.table_.find_column("flag"), 18));
}

TEST(Gather, a_tag_is_only_ids) {
    const StructShape shape = struct_shape<game::Frozen>();
    const TableDefinition table = table_of(shape);
    const std::vector<std::uint64_t> ids{4, 5, 6};
    const Batch batch = *gather_structs(table, plan_structs(shape, table), ids, {}, nullptr);
    EXPECT_EQ(batch.rows(), 3U);
    EXPECT_EQ(batch.value(0, 2), Value(Entity{6}));
}

TEST(Gather, columns_that_the_struct_does_not_have_take_their_default) {
    Structs<game::Position> structs(11);
    TableDefinition wanted = definition_of(structs.shape_, "entity", test::type_of(ColumnKind::id));
    const auto add = [&](const char* name, ColumnKind kind, bool nullable, Value value) {
        wanted.columns.insert(wanted.columns.begin() + 2,
                              Column{name, 0, test::type_of(kind), nullable, std::move(value)});
    };
    add("on", ColumnKind::boolean, false, Value(true));
    add("title", ColumnKind::text, false, Value("none"));
    add("level", ColumnKind::i32, false, Value(7));
    add("note", ColumnKind::text, true, Value());
    structs.table_ = test::numbered(wanted);
    structs.plan_ = plan_structs(structs.shape_, structs.table_);
    structs[10] = {1, 2, 3};
    const Batch batch = *structs.gather();
    EXPECT_EQ(batch.value(*structs.table_.find_column("on"), 10), Value(true));
    EXPECT_EQ(batch.value(*structs.table_.find_column("title"), 10), Value("none"));
    EXPECT_EQ(batch.value(*structs.table_.find_column("level"), 10), Value(7));
    EXPECT_EQ(batch.value(*structs.table_.find_column("note"), 10), Value());
    EXPECT_EQ(batch.value(*structs.table_.find_column("x"), 10), Value(1.0F));
    EXPECT_EQ(batch.value(*structs.table_.find_column("z"), 10), Value(3.0F));
    EXPECT_EQ(structs.scatter(batch)[10].y, 2.0F);
}

TEST(Gather, refuses_text_that_is_none_and_names_entity_and_field) {
    Structs<game::Words> structs(300);
    structs[200].json.text = "\xC3";
    structs[201].json.text = "\xA9";  // together they would be é
    const Status status = structs.gather().status();
    EXPECT_EQ(status.code(), Code::invalid);
    EXPECT_EQ(
        status.message(),
        "component Words, entity 602, field json: the text is not UTF-8 without NUL; keep such in "
        "bytes");
    structs[200].json.text = structs[201].json.text = "é";
    EXPECT_TRUE(structs.gather().ok());
    structs[5].text = std::string("a\0b", 3);
    EXPECT_EQ(structs.gather().status().code(), Code::invalid);
}

TEST(Gather, refuses_ids_of_64_bits) {
    Structs<game::Fixed> structs(3);
    structs[1].id.id = entity_id_max + 1;
    EXPECT_EQ(structs.gather().status().message(),
              "component Fixed, entity 5, field id: an id has 63 bits; this one has more");
    structs[1].id.id = entity_id_max;
    structs.ids()[2] = ~std::uint64_t{0};
    EXPECT_EQ(structs.gather().status().code(), Code::invalid);
}

TEST(Scatter, writes_only_the_rows_asked_for) {
    Structs<game::Position> structs(10);
    for (std::size_t index = 0; index < 10; ++index) structs[index].x = static_cast<float>(index);
    const Batch batch = *structs.gather();
    struct Wide {
        game::Position position{-1, -1, -1};
        std::uint64_t other = 5;
    };
    std::vector<Wide> wide(4);
    scatter_structs(batch, structs.plan_, 3, 2, reinterpret_cast<std::byte*>(&wide[1]),
                    sizeof(Wide));
    EXPECT_EQ(wide[0].position.x, -1.0F);
    EXPECT_EQ(wide[1].position.x, 3.0F);
    EXPECT_EQ(wide[2].position.x, 4.0F);
    EXPECT_EQ(wide[3].position.x, -1.0F);
    EXPECT_EQ(wide[1].other, 5U);
    EXPECT_DEATH(scatter_structs(batch, structs.plan_, 9, 2, nullptr, 0), "count <=");
}

}  // namespace
}  // namespace perdure
