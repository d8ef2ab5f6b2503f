#include "exhaustion/workload.h"

#include <algorithm>
#include <array>

namespace perdure::exhaustion {
namespace {

constexpr std::array<std::string_view, 3> beginning_names{"closed", "died", "empty"};

}  // namespace

std::uint64_t Workload::count(std::size_t length_max) {
    std::uint64_t all = 0;
    std::uint64_t of_length = 1;
    for (std::size_t length = 0; length <= length_max; ++length) {
        all += of_length;
        of_length *= simulation::deed_count;
    }
    return all * beginnings_counted;
}

Workload Workload::of(std::uint64_t number) {
    Workload made;
    made.beginning = static_cast<Beginning>(number % beginnings_counted);
    std::uint64_t rest = number / beginnings_counted;
    std::size_t length = 0;
    for (std::uint64_t of_length = 1; rest >= of_length; ++length) {
        rest -= of_length;
        of_length *= simulation::deed_count;
    }
    for (; length > 0; --length) {
        made.deeds.push_back(static_cast<Deed>(rest % simulation::deed_count));
        rest /= simulation::deed_count;
    }
    return made;
}

Workload Workload::grand_tour() {
    using enum Deed;
    return {Beginning::empty,
            {create, change,  put,    pay,     hold,   append,  flush,  attest, prepare, drain,
             create, hold,    pass,   declare, put,    erase,   flush,  append, append,  prepare,
             drain,  prepare, append, append,  change, close,   put,    flush,  die,     destroy,
             pay,    append,  append, prepare, drain,  prepare, attest, close}};
}

std::string Workload::text() const {
    std::string text(beginning_names[static_cast<std::size_t>(beginning)]);
    text += ':';
    for (std::size_t at = 0; at < deeds.size(); ++at) {
        text.append(at > 0 ? "+" : "").append(simulation::deed_name(deeds[at]));
    }
    return text;
}

std::optional<Workload> Workload::parse(std::string_view text) {
    Workload made;
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::size_t beginning = 0;
    while (beginning < beginning_names.size() &&
           beginning_names[beginning] != text.substr(0, colon)) {
        ++beginning;
    }
    if (beginning == beginning_names.size()) return std::nullopt;
    made.beginning = static_cast<Beginning>(beginning);
    text.remove_prefix(colon + 1);
    while (!text.empty()) {
        const std::size_t plus = std::min(text.find('+'), text.size());
        const auto deed = simulation::find_deed(text.substr(0, plus));
        if (!deed) return std::nullopt;
        made.deeds.push_back(*deed);
        text.remove_prefix(std::min(plus + 1, text.size()));
    }
    return made;
}

}  // namespace perdure::exhaustion
