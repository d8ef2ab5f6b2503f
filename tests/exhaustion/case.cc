// Case: in words, and back.
#include <array>
#include <charconv>

#include "base/text.h"
#include "exhaustion/exhaustion.h"
#include "simulation/simulation.h"

namespace perdure::exhaustion {
namespace {

constexpr std::array<std::pair<std::string_view, io::FaultType>, 3> fault_words{
    {{"io", io::FaultType::fail_io},
     {"full", io::FaultType::fail_no_space},
     {"short", io::FaultType::short_write}}};

std::string_view fault_word(io::FaultType type) {
    for (const auto& [word, known] : fault_words) {
        if (known == type) return word;
    }
    return "io";
}

bool take_number(std::string_view word, std::uint64_t& to) {
    return std::from_chars(word.data(), word.data() + word.size(), to).ptr ==
           word.data() + word.size();
}

}  // namespace

// "closed:put+flush/12/0110/3" or "closed:put+flush/12/io-on-lost", with "/whole" behind it.
std::string Case::text() const {
    std::string text = text::format("{}/{}/", workload.text(), operation);
    if (mishap) {
        text.append(fault_word(mishap->type)).append(mishap->from_then_on ? "-on" : "");
        text.append(mishap->lost ? "-lost" : "");
    } else {
        text += text::format("{}/{}", kept.empty() ? "-" : kept, store_calls);
    }
    return whole ? text + "/whole" : text;
}

std::optional<Case> Case::parse(std::string_view text) {
    std::vector<std::string_view> words;
    for (;;) {
        const std::size_t slash = text.find('/');
        words.push_back(text.substr(0, slash));
        if (slash == std::string_view::npos) break;
        text.remove_prefix(slash + 1);
    }
    Case made;
    if (words.back() == "whole") {
        made.whole = true;
        words.pop_back();
    }
    if (words.size() < 3 || words.size() > 4) return std::nullopt;
    const auto workload = Workload::parse(words[0]);
    if (!workload || !take_number(words[1], made.operation)) return std::nullopt;
    made.workload = *workload;
    if (words.size() == 4) {
        if (words[2] != "-") made.kept = words[2];
        std::uint64_t calls = 0;
        if (!take_number(words[3], calls)) return std::nullopt;
        made.store_calls = static_cast<std::size_t>(calls);
        return made;
    }
    simulation::Mishap mishap{.at = made.operation};
    std::string_view rest = words[2];
    const auto take_end = [&rest](std::string_view end) {
        if (!rest.ends_with(end)) return false;
        rest.remove_suffix(end.size());
        return true;
    };
    mishap.lost = take_end("-lost");
    mishap.from_then_on = take_end("-on");
    for (const auto& [word, type] : fault_words) {
        if (rest != word) continue;
        mishap.type = type;
        made.mishap = mishap;
        return made;
    }
    return std::nullopt;
}

std::string Finding::text() const {
    std::string all =
        text::format("{} store, {}: {}\n", simulation::kind_name(store), at.text(), status.text());
    for (const std::string& line : log) all.append("  ").append(line).append("\n");
    return all + text::format("  do it again: perdure_exhaust --store {} --case {}\n",
                              simulation::kind_name(store), at.text());
}

}  // namespace perdure::exhaustion
