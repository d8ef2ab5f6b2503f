#include "entities/component_rows.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"
#include "entities/components.h"

namespace perdure::entities {
namespace {

using RowIds = std::vector<std::uint64_t>;

// Rows of one type, written and read as T.
template <typename T>
class Rows {
public:
    void set(std::uint64_t id, const T& value) {
        std::uint32_t row = rows.find(id);
        if (row == ComponentRows::none) row = rows.add(id);
        rows.write(row, &value);
        rows.mark(row);
    }
    const T* get(std::uint64_t id) const {
        const std::uint32_t row = rows.find(id);
        return row == ComponentRows::none ? nullptr : reinterpret_cast<const T*>(rows.at(row));
    }
    RowIds marked(const RowMarks& marks) const {
        RowIds ids;
        marks.for_each_row([&](std::uint32_t row) { ids.push_back(rows.id_at(row)); });
        std::sort(ids.begin(), ids.end());
        return ids;
    }
    RowIds changed() const { return marked(rows.changed()); }
    RowIds fresh() const { return marked(rows.fresh()); }

    std::uint64_t layouts = 0;
    StructShape shape = struct_shape<T>();
    ComponentRows rows{shape, layouts};
};

TEST(ComponentRows, keep_what_was_set) {
    Rows<Health> rows;
    for (std::uint64_t id = 1; id <= 5000; ++id) rows.set(id * 3, {static_cast<int>(id)});
    EXPECT_EQ(rows.rows.count(), 5000U);
    for (std::uint64_t id = 1; id <= 5000; ++id) {
        ASSERT_NE(rows.get(id * 3), nullptr);
        EXPECT_EQ(rows.get(id * 3)->points, static_cast<int>(id));
    }
    EXPECT_EQ(rows.get(4), nullptr);
}

TEST(ComponentRows, never_move_while_others_come) {
    Rows<Health> rows;
    rows.set(1, {1});
    const Health* first = rows.get(1);
    for (std::uint64_t id = 2; id < 100'000; ++id) rows.set(id, {2});
    EXPECT_EQ(rows.get(1), first);
}

TEST(ComponentRows, the_last_row_takes_the_place_of_a_removed_one) {
    Rows<Name> rows;
    for (std::uint64_t id = 1; id <= 2000; ++id) {
        rows.set(id, {"a name long enough for the heap " + std::to_string(id), {}});
    }
    EXPECT_TRUE(rows.rows.remove(1));
    EXPECT_FALSE(rows.rows.remove(1));
    EXPECT_EQ(rows.rows.id_at(0), 2000U);
    EXPECT_EQ(rows.get(2000)->text, "a name long enough for the heap 2000");
    EXPECT_EQ(rows.get(1), nullptr);
    EXPECT_EQ(rows.rows.count(), 1999U);
}

TEST(ComponentRows, marks_move_with_their_row) {
    Rows<Health> rows;
    for (std::uint64_t id = 1; id <= 4; ++id) rows.set(id, {0});
    rows.rows.captured_changed();
    rows.set(4, {1});     // changed, and last
    rows.rows.remove(2);  // its place goes to 4
    EXPECT_EQ(rows.changed(), RowIds{4});
    rows.rows.captured_changed();
    rows.set(1, {1});
    rows.rows.remove(1);  // a marked row's place goes to an unmarked one
    EXPECT_EQ(rows.changed(), RowIds{});
}

TEST(ComponentRows, removing_what_nobody_stored_leaves_no_trace) {
    Rows<Health> rows;
    rows.set(1, {1});
    rows.set(2, {2});
    rows.rows.remove(1);
    EXPECT_TRUE(rows.rows.nothing_removed());
    EXPECT_EQ(rows.changed(), RowIds{2});
    EXPECT_EQ(rows.fresh(), RowIds{2});
}

TEST(ComponentRows, removing_what_is_stored_is_remembered_until_captured) {
    Rows<Health> rows;
    for (const std::uint64_t id : {5U, 3U, 9U}) rows.set(id, {1});
    rows.rows.captured_changed();
    rows.rows.remove(9);
    rows.rows.remove(3);
    EXPECT_EQ(rows.rows.removed_ids(), (RowIds{3, 9}));
    EXPECT_EQ(rows.get(9), nullptr);
    rows.rows.captured_changed();
    EXPECT_TRUE(rows.rows.nothing_removed());
    rows.set(9, {1});
    EXPECT_EQ(rows.fresh(), RowIds{9});  // the store erased it
}

TEST(ComponentRows, what_is_removed_and_set_again_is_changed_and_not_fresh) {
    Rows<Health> rows;
    rows.set(1, {1});
    rows.rows.captured_changed();
    rows.rows.remove(1);
    rows.set(1, {2});
    EXPECT_EQ(rows.rows.removed_ids(), RowIds{});
    EXPECT_EQ(rows.changed(), RowIds{1});
    EXPECT_EQ(rows.fresh(), RowIds{});
    rows.rows.remove(1);
    EXPECT_EQ(rows.rows.removed_ids(), RowIds{1});  // once, though it was removed twice
}

TEST(ComponentRows, coming_and_going_within_a_tick_takes_no_more_memory) {
    Rows<Health> rows;
    rows.set(1, {1});
    rows.rows.captured_changed();
    for (int times = 0; times < 100'000; ++times) {
        rows.rows.remove(1);
        rows.set(1, {times});
    }
    rows.rows.remove(1);
    EXPECT_EQ(rows.rows.removed_ids(), RowIds{1});
}

TEST(ComponentRows, capturing_the_fresh_keeps_the_marks_of_the_others) {
    Rows<Health> rows;
    rows.set(1, {1});
    rows.rows.captured_changed();
    rows.set(1, {2});
    rows.set(2, {1});
    EXPECT_EQ(rows.fresh(), RowIds{2});
    rows.rows.captured_fresh();
    EXPECT_EQ(rows.changed(), RowIds{1});
    EXPECT_EQ(rows.fresh(), RowIds{});
}

TEST(ComponentRows, restored_rows_have_no_marks_and_begin_as_the_default) {
    Rows<Health> rows;
    const std::uint32_t row = rows.rows.restore(7);
    EXPECT_EQ(rows.rows.restore(7), row);
    EXPECT_EQ(rows.get(7)->points, 100);
    EXPECT_EQ(rows.changed(), RowIds{});
    EXPECT_TRUE(rows.rows.forget(7));
    EXPECT_FALSE(rows.rows.forget(7));
    EXPECT_TRUE(rows.rows.nothing_removed());
}

TEST(ComponentRows, a_tag_has_rows_without_bytes) {
    Rows<Frozen> rows;
    for (std::uint64_t id = 1; id <= 3000; ++id) rows.set(id, {});
    EXPECT_EQ(rows.rows.stride(), 0U);
    EXPECT_NE(rows.get(3000), nullptr);
    EXPECT_EQ(rows.get(3001), nullptr);
    EXPECT_TRUE(rows.rows.remove(1));
    EXPECT_EQ(rows.rows.count(), 2999U);
}

struct alignas(256) Wide {
    std::uint8_t byte = 0;
};
PERDURE_COMPONENT(Wide, byte);

TEST(ComponentRows, are_aligned_as_their_struct_is) {
    Rows<Wide> rows;
    for (std::uint64_t id = 1; id <= 3000; ++id) {
        rows.set(id, {});
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(rows.get(id)) % 256, 0U);
    }
}

TEST(ComponentRows, know_where_ids_follow_one_another) {
    Rows<Health> rows;
    for (std::uint64_t id = 10; id < 10 + 1024; ++id) rows.set(id, {});
    EXPECT_EQ(rows.rows.consecutive_from(0), 10U);
    rows.set(5000, {});
    rows.set(5002, {});
    EXPECT_EQ(rows.rows.consecutive_from(1), 0U);
    rows.rows.remove(5002);
    rows.rows.remove(5000);
    rows.rows.remove(1033);  // the last: the others still follow one another
    EXPECT_EQ(rows.rows.consecutive_from(0), 10U);
    rows.rows.remove(20);
    EXPECT_EQ(rows.rows.consecutive_from(0), 0U);
}

class Layouts : public testing::Test {
protected:
    Layouts() {
        for (const std::uint64_t id : {4U, 7U, 5U, 9U}) {
            left.restore(id);
            right.restore(id);
        }
    }
    bool same() { return left.same_layout(0, right); }

    std::uint64_t layouts = 0;
    StructShape health = struct_shape<Health>();
    StructShape name = struct_shape<Name>();
    ComponentRows left{health, layouts};
    ComponentRows right{name, layouts};
};

TEST_F(Layouts, are_the_same_if_ids_and_order_are) {
    EXPECT_TRUE(same());
    EXPECT_TRUE(same());
}

TEST_F(Layouts, differ_after_one_side_changed) {
    ASSERT_TRUE(same());
    left.forget(9);
    EXPECT_FALSE(same());
    right.forget(9);
    EXPECT_TRUE(same());
    left.restore(10);
    right.restore(11);
    EXPECT_FALSE(same());
}

TEST_F(Layouts, differ_if_the_order_does) {
    ASSERT_TRUE(same());
    left.forget(4);   // 9 7 5
    right.forget(7);  // 4 9 5
    EXPECT_FALSE(same());
    left.restore(4);   // 9 7 5 4
    right.restore(7);  // 4 9 5 7
    EXPECT_FALSE(same());
}

TEST_F(Layouts, of_consecutive_ids_are_compared_too) {
    ComponentRows one{health, layouts};
    ComponentRows other{health, layouts};
    for (std::uint64_t id = 1; id <= 3; ++id) {
        one.restore(id);
        other.restore(id + 1);
    }
    EXPECT_FALSE(one.same_layout(0, other));
    other.forget(4);
    other.forget(3);
    other.forget(2);
    for (std::uint64_t id = 1; id <= 3; ++id) other.restore(id);
    EXPECT_TRUE(one.same_layout(0, other));
}

TEST(ComponentRowsDeath, adding_or_removing_while_iterating_stops_the_program) {
    Rows<Health> rows;
    rows.set(1, {});
    rows.rows.begin_iteration();
    EXPECT_DEATH(rows.set(2, {}), "iterating_ == 0");
    EXPECT_DEATH(rows.rows.remove(1), "iterating_ == 0");
    rows.rows.end_iteration();
    rows.set(2, {});
}

// Content, marks and what is removed, against plain maps; over several slabs, down to nothing and
// up again.
TEST(ComponentRows, are_a_map_with_marks) {
    Random random(test_seed());
    Rows<Name> rows;
    std::map<std::uint64_t, Name> model;
    std::map<std::uint64_t, Name> stored;
    for (int step = 0; step < 60'000; ++step) {
        const bool growing = step / 15'000 % 2 == 0;
        const std::uint64_t id = 1 + random.below(12'000);
        if (random.chance(growing ? 3 : 1, 4)) {
            model[id] = {std::to_string(step), {}};
            rows.set(id, model[id]);
        } else {
            ASSERT_EQ(rows.rows.remove(id), model.erase(id) > 0);
        }
        if (!random.chance(1, 3000)) continue;
        for (const std::uint64_t gone : rows.rows.removed_ids()) {
            ASSERT_EQ(stored.erase(gone), 1U);
        }
        for (const std::uint64_t changed : rows.changed()) stored[changed] = *rows.get(changed);
        ASSERT_EQ(stored, model);
        rows.rows.captured_changed();
    }
    EXPECT_EQ(rows.rows.count(), model.size());
    for (const auto& [id, value] : model) EXPECT_EQ(*rows.get(id), value);
}

}  // namespace
}  // namespace perdure::entities
