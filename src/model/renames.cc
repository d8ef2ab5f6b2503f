#include "model/renames.h"

#include <algorithm>
#include <set>
#include <string>

#include "base/error.h"
#include "base/seeded_bug.h"
#include "perdure/table.h"

namespace perdure {

Renames Renames::of_tables(const Evolution& evolution) {
    Renames made;
    for (const Evolution::TableName& one : evolution.tables) {
        made.pairs_.emplace_back(one.from, one.to);
    }
    return made;
}

Renames Renames::of_fields(const Evolution& evolution, std::string_view table) {
    Renames made;
    for (const Evolution::FieldName& one : evolution.fields) {
        if (same_name(one.table, table) || seeded_bug("model: fields of other tables are renamed"))
            made.pairs_.emplace_back(one.from, one.to);
    }
    return made;
}

Status Renames::validate(std::string_view where,
                         const std::function<bool(std::string_view)>& is_declared) const {
    std::set<std::string> left;
    std::set<std::string> taken;
    for (const auto& [from, to] : pairs_) {
        PERDURE_TRY(validate_name("name that is past", from).with_context(where));
        PERDURE_TRY(validate_name("name", to).with_context(where));
        if (!left.insert(lower_case(from)).second) {
            return error(Code::invalid, "{}: {} is renamed twice; write one chain", where, from);
        }
        if (!taken.insert(lower_case(to)).second) {
            return error(Code::invalid,
                         "{}: two names become {}; write one chain, the older name first", where,
                         to);
        }
    }
    for (const auto& [from, to] : pairs_) {
        const auto names = after(from);
        if (std::any_of(names.begin(), names.end(), is_declared)) continue;
        return error(
            Code::invalid,
            "{}: {} is renamed to {}, and nothing of that name is declared; declare it, or "
            "take the renaming away",
            where, from, names.back());
    }
    // A ring would leave no name that is first.
    for (const auto& [from, to] : pairs_) {
        for (const std::string_view name : after(from)) {
            if (!same_name(name, from)) continue;
            return error(Code::invalid,
                         "{}: {} is renamed in a ring; to exchange names, write numbers", where,
                         from);
        }
    }
    return {};
}

std::string_view Renames::from(std::string_view name) const {
    for (const auto& [from, to] : pairs_) {
        if (same_name(to, name)) return from;
    }
    return {};
}

std::string_view Renames::to(std::string_view name) const {
    for (const auto& [from, to] : pairs_) {
        if (same_name(from, name)) return to;
    }
    return {};
}

std::vector<std::string_view> Renames::before(std::string_view name) const {
    std::vector<std::string_view> names;
    if (leaves(name)) return names;
    for (std::string_view old = from(name); !old.empty(); old = from(old)) {
        names.push_back(old);
        if (seeded_bug("model: a chain of renames is followed one step")) break;
        if (names.size() == pairs_.size()) break;  // all of them, or a ring
    }
    return names;
}

std::vector<std::string_view> Renames::after(std::string_view name) const {
    std::vector<std::string_view> names;
    for (std::string_view next = to(name); !next.empty(); next = to(next)) {
        names.push_back(next);
        if (names.size() == pairs_.size()) break;  // all of them, or a ring
    }
    return names;
}

}  // namespace perdure
