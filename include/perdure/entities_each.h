// entities_each.h: how Entities::each<>() visits; templates only. Read entities.h.
//
// The walk finds rows that lie side by side in all components asked for: many chunks of 1024 where
// they hold the same entities in the same order, shorter runs elsewhere. Within a run the visitor
// sees plain arrays.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "perdure/component.h"
#include "perdure/entities.h"

namespace perdure {
namespace detail {

inline constexpr std::size_t each_components_max = 16;  // the walk's state stays on the stack

// What one component of each<> is to the visitor: Type& of its rows.
template <typename C>
struct Visited {
    using Type = const C;
    static constexpr bool is_mutable = false;
};
template <typename T>
struct Visited<Mut<T>> {
    static_assert(!std::is_empty_v<T>, "a tag has nothing to change: list it without Mut");
    using Type = T;
    static constexpr bool is_mutable = true;
};

class RowWalk {
public:
    // Bit i of `mutable_types`: rows of types[i] are marked as they are visited.
    RowWalk(entities::Registry& registry, std::span<const TypeNumber> types,
            std::uint32_t mutable_types);
    // The share of one worker of many, who all walk at once: a stretch of the first type's rows,
    // marked in the worker's own sets.
    RowWalk(entities::Registry& registry, std::span<const TypeNumber> types,
            std::uint32_t mutable_types, std::size_t worker, std::size_t workers,
            entities::WorkerMarks& marks);
    ~RowWalk();
    RowWalk(const RowWalk&) = delete;
    RowWalk& operator=(const RowWalk&) = delete;

    // The next run, its mutable rows marked; false behind the last.
    bool next();
    [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
    [[nodiscard]] const std::uint64_t* ids() const noexcept { return ids_; }
    [[nodiscard]] std::byte* rows(std::size_t type) const noexcept { return rows_[type]; }

private:
    bool next_chunk();
    bool next_run();
    bool find_others(std::uint64_t id);
    [[nodiscard]] bool lies_side_by_side(std::uint32_t chunk) const;
    [[nodiscard]] std::uint32_t rows_in(std::uint32_t chunk) const;
    void run_on();
    void begin_run(const std::uint64_t* ids, std::uint32_t count);

    std::size_t types_;
    bool alone_;  // no workers run: nobody else walks
    std::array<entities::ComponentRows*, each_components_max> tables_;
    std::array<entities::RowMarks*, each_components_max> marks_{};  // of mutable types
    std::uint32_t end_row_;                                         // of the first type
    std::uint32_t skipped_ = 0;  // rows of the first chunk, before the share
    // Where the walk is: the row behind the last run, of the first type.
    std::uint32_t chunk_ = 0;
    std::uint32_t inside_ = 0;
    std::uint32_t chunk_count_ = 0;
    bool side_by_side_ = false;                              // the whole chunk, in all types
    std::array<std::uint32_t, each_components_max> at_{};    // first row of the run, by type
    std::array<std::uint32_t, each_components_max> hint_{};  // where the next id probably is
    // The run.
    std::uint32_t count_ = 0;
    const std::uint64_t* ids_ = nullptr;
    std::array<std::byte*, each_components_max> rows_{};
};

// A tag has no rows in memory: all its entities share one.
template <typename T>
[[nodiscard]] T& row_at(T* rows, std::uint32_t row) noexcept {
    if constexpr (std::is_empty_v<std::remove_const_t<T>>) {
        return *rows;
    } else {
        return rows[row];
    }
}

template <typename Visitor, typename... Ts>
void visit_run(Visitor& visit, const std::uint64_t* ids, std::uint32_t count, Ts*... rows) {
    if constexpr (std::is_invocable_v<Visitor&, Ts&...>) {
        for (std::uint32_t row = 0; row < count; ++row) visit(row_at(rows, row)...);
    } else {
        static_assert(
            std::is_invocable_v<Visitor&, Entity, Ts&...>,
            "the visitor takes (components…) or (Entity, components…): const T& for T, T& for "
            "Mut<T>");
        for (std::uint32_t row = 0; row < count; ++row) {
            visit(Entity{ids[row]}, row_at(rows, row)...);
        }
    }
}

template <typename... Cs>
constexpr void check_each() {
    static_assert(sizeof...(Cs) >= 1, "each<> wants the components to visit");
    static_assert(sizeof...(Cs) <= each_components_max, "each<> takes at most 16 components");
    static_assert((Component<std::remove_const_t<typename Visited<Cs>::Type>> && ...),
                  "declare every component with PERDURE_COMPONENT");
}

template <typename... Cs>
struct EachOf {
    static std::array<TypeNumber, sizeof...(Cs)> types() {
        return {type_number<std::remove_const_t<typename Visited<Cs>::Type>>()...};
    }
    static constexpr std::uint32_t mutable_bits() {
        std::uint32_t bits = 0;
        std::uint32_t bit = 0;
        ((bits |= static_cast<std::uint32_t>(Visited<Cs>::is_mutable) << bit++), ...);
        return bits;
    }
    static constexpr std::uint32_t mutable_types = mutable_bits();
};

template <typename... Cs, typename Visitor, std::size_t... I>
void visit_all(RowWalk& walk, Visitor& visit, std::index_sequence<I...>) {
    while (walk.next()) {
        visit_run(visit, walk.ids(), walk.count(),
                  reinterpret_cast<typename Visited<Cs>::Type*>(walk.rows(I))...);
    }
}

}  // namespace detail

template <typename... Cs, typename Visitor>
void Entities::each(Visitor&& visit) {
    detail::check_each<Cs...>();
    detail::RowWalk walk(registry_, detail::EachOf<Cs...>::types(),
                         detail::EachOf<Cs...>::mutable_types);
    detail::visit_all<Cs...>(walk, visit, std::index_sequence_for<Cs...>{});
}

}  // namespace perdure
