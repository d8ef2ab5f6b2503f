#include "torture/ledger.h"

#include <charconv>
#include <sstream>

#include "base/text.h"

namespace perdure::torture {

void Ledger::next_life() {
    is_ready_ = false;
    is_refused_ = false;
}

void Ledger::forget_world() {
    entries_ = {};
    tick_ = {};
}

std::array<std::uint64_t, callers> Ledger::checked() const {
    std::array<std::uint64_t, callers> numbers{};
    for (std::uint32_t caller = 0; caller < callers; ++caller)
        numbers[caller] = entries_[caller].done;
    return numbers;
}

Entry* Ledger::entry_of(std::string_view whose) {
    if (whose == "tick") return &tick_;
    std::uint32_t caller = callers;
    std::from_chars(whose.data(), whose.data() + whose.size(), caller);
    return caller < callers ? &entries_[caller] : nullptr;
}

// What one opening has shown, no later crash takes back: found counts as done from here on.
void Ledger::found(Entry& entry, std::string_view whose, std::uint64_t number) {
    if (number < entry.done) {
        faults_.push_back(text::format("{} {}: acknowledged up to {}, found up to {}",
                                       whose == "tick" ? "the" : "caller", whose, entry.done,
                                       number));
    }
    if (number > entry.tried) {
        faults_.push_back(text::format("{} {}: tried up to {}, found up to {}",
                                       whose == "tick" ? "the" : "caller", whose, entry.tried,
                                       number));
    }
    entry = {number, number};
}

void Ledger::take(std::string_view line) {
    std::istringstream words{std::string(line)};
    std::string verb;
    std::string whose;
    std::uint64_t number = 0;
    words >> verb >> whose >> number;
    Entry* entry = words.fail() ? nullptr : entry_of(whose);
    if (entry != nullptr && verb == "try") {
        entry->tried = number;
    } else if (entry != nullptr && verb == "done") {
        entry->done = number;
        ++acknowledged_;
    } else if (entry != nullptr && verb == "found") {
        found(*entry, whose, number);
    } else if (verb == "ready") {
        is_ready_ = true;
    } else if (verb == "refused") {
        is_refused_ = true;
        last_words_ = line;
    } else if (verb == "taken") {
        is_refused_ = false;
    } else {
        last_words_ = line;
        if (verb == "fault" || verb == "failed") faults_.emplace_back(line);
    }
}

}  // namespace perdure::torture
