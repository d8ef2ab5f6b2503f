// Deed: one of the few things that a Player can be told to do, instead of something random. Between
// them they touch everything: small enough an alphabet that all its short words can be tried.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace perdure::simulation {

enum class Deed : std::uint8_t {
    create,   // a tick: a new entity below the world, with components
    change,   // a tick: the world's components, of every level
    destroy,  // a tick: the youngest entity goes, with all below it
    put,      // a transaction: a row of level `journal`, not awaited
    pay,      // a transaction: a row of level `stored`, under a condition, awaited
    erase,    // a transaction: the row of `put` goes
    append,   // a transaction: an appended row, awaited
    hold,     // a transaction: a relaxed row and an ephemeral one
    flush,    // a step of the journal
    attest,   // and one that says what is durable
    prepare,  // a step of preparation: a journal file ahead, or a trimmed one recycled
    drain,    // steps of the store until there is nothing to do: drain, checkpoint, trim
    pass,     // 60 ms pass; relaxed rows that are due are written
    declare,  // a new table, awaited
    close,    // a clean close, and opened again
    die,      // the process dies, and the world is opened again
    count_,
};

inline constexpr std::size_t deed_count = static_cast<std::size_t>(Deed::count_);

[[nodiscard]] std::string_view deed_name(Deed deed) noexcept;
[[nodiscard]] std::optional<Deed> find_deed(std::string_view name) noexcept;

}  // namespace perdure::simulation
