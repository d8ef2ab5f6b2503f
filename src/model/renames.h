// Renames: which names a table, or a field of one, had before, as a program declares them.
//
//     const Renames renames = Renames::of_tables(evolution);
//     for (std::string_view old : renames.before("goods")) …  // "stuff", then "things"
//
// Views into the Evolution.
#pragma once

#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "perdure/evolution.h"
#include "perdure/status.h"

namespace perdure {

class Renames {
public:
    static Renames of_tables(const Evolution& evolution);
    static Renames of_fields(const Evolution& evolution, std::string_view table);

    // `invalid`: a name that is none, one that is renamed twice, a ring, or a chain of which no
    // name is declared. `where` begins the message.
    [[nodiscard]] Status validate(std::string_view where,
                                  const std::function<bool(std::string_view)>& is_declared) const;

    // What had this name has another one now.
    [[nodiscard]] bool leaves(std::string_view name) const { return !to(name).empty(); }
    // The name that became this one, and the one that this one became; empty if there is none.
    [[nodiscard]] std::string_view from(std::string_view name) const;
    [[nodiscard]] std::string_view to(std::string_view name) const;
    // What may have this name now had these, the newest first. None if what had this name left it:
    // the chain leads past it, to its end, and what has the name today is new.
    [[nodiscard]] std::vector<std::string_view> before(std::string_view name) const;
    // What had this name had these since, the oldest first.
    [[nodiscard]] std::vector<std::string_view> after(std::string_view name) const;

private:
    std::vector<std::pair<std::string_view, std::string_view>> pairs_;  // from, to
};

}  // namespace perdure
