#include "model/struct_values.h"

#include <cstring>

#include <gtest/gtest.h>

namespace perdure {
namespace {

struct Plain {
    std::int32_t a = 3;
    std::optional<double> b = 0.5;
};
PERDURE_COMPONENT(Plain, a, b);

struct Owning {
    std::int8_t before = 1;
    std::string text = "a text that is too long to lie in the struct itself";
    std::optional<std::string> engaged = "also by its initialiser";
    std::int64_t between = 2;
    std::optional<Bytes> empty;
    Json json{"{}"};
    std::optional<std::int16_t> rank = 7;
    friend bool operator==(const Owning&, const Owning&) = default;
};
PERDURE_COMPONENT(Owning, before, text, engaged, between, empty, json, rank);

// Two places for a struct, of which nobody knows but the shape.
template <typename T>
class Places {
public:
    std::byte* operator[](std::size_t index) { return bytes_ + index * sizeof(T); }
    T& value(std::size_t index) { return *std::launder(reinterpret_cast<T*>((*this)[index])); }

private:
    alignas(T) std::byte bytes_[2 * sizeof(T)];
};

TEST(StructValues, of_plain_fields_are_their_bytes) {
    const StructShape shape = struct_shape<Plain>();
    const StructValues values(shape);
    EXPECT_TRUE(values.is_trivial());
    Places<Plain> places;
    values.construct(places[0]);
    EXPECT_EQ(places.value(0).a, 3);
    EXPECT_EQ(places.value(0).b, 0.5);
}

TEST(StructValues, are_made_as_the_initialisers_say) {
    const StructShape shape = struct_shape<Owning>();
    const StructValues values(shape);
    EXPECT_FALSE(values.is_trivial());
    Places<Owning> places;
    values.construct(places[0]);
    EXPECT_EQ(places.value(0), Owning{});
    values.destroy(places[0]);  // leaks are the sanitizer's to find
}

TEST(StructValues, are_moved_and_copied_with_what_they_own) {
    const StructShape shape = struct_shape<Owning>();
    const StructValues values(shape);
    const Owning other{.before = -1,
                       .text = std::string(100, 'y'),
                       .engaged = {},
                       .between = -2,
                       .empty = Bytes(50, std::byte{9}),
                       .json = {"[1]"},
                       .rank = {}};
    Places<Owning> places;
    values.construct(places[0]);
    values.copy(places[0], reinterpret_cast<const std::byte*>(&other));
    EXPECT_EQ(places.value(0), other);
    values.relocate(places[1], places[0]);
    EXPECT_EQ(places.value(1), other);
    values.destroy(places[1]);
}

TEST(StructValues, keep_short_texts_where_they_are_moved_to) {
    const StructShape shape = struct_shape<Owning>();
    const StructValues values(shape);
    Places<Owning> places;
    values.construct(places[0]);
    places.value(0).text = "short";
    values.relocate(places[1], places[0]);
    std::memset(places[0], 0xAA, sizeof(Owning));
    EXPECT_EQ(places.value(1).text, "short");
    values.destroy(places[1]);
}

}  // namespace
}  // namespace perdure
