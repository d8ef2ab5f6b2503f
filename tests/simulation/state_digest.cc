#include "simulation/state_digest.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "simulation/plain_text.h"

namespace perdure::simulation {
namespace {

constexpr std::uint64_t purpose_row_of_state = 0;
constexpr std::uint16_t key_number = 1;

using Bytes = std::vector<std::byte>;

void add_number(std::uint64_t value, std::size_t width, Bytes& to) {
    for (std::size_t at = 0; at < width; ++at) {
        to.push_back(static_cast<std::byte>(value >> (8 * at)));
    }
}

// "-2", "#5" or "00000000000000000003".
std::uint64_t number_of(std::string_view text) {
    if (text.starts_with('#')) text.remove_prefix(1);
    const std::string digits(text);
    if (digits.starts_with('-')) return static_cast<std::uint64_t>(std::stoll(digits));
    return std::stoull(digits);
}

// `text` has its quotes off already.
void add_cell(std::uint16_t number, CellForm form, std::string_view text, Bytes& to) {
    add_number(number, 2, to);
    if (form != CellForm::text) {
        add_number(number_of(text), static_cast<std::size_t>(form), to);
        return;
    }
    add_number(text.size(), 4, to);
    for (const char letter : text) to.push_back(static_cast<std::byte>(letter));
}

std::string_view unquoted(std::string_view text, CellForm form) {
    if (form != CellForm::text) return text;
    PERDURE_ASSERT(text.size() >= 2 && text.front() == '\'' && text.back() == '\'');
    return text.substr(1, text.size() - 2);
}

std::uint64_t seed_of(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return checksum64(as_bytes(name), purpose_row_of_state);
}

}  // namespace

Hash128 digest_of(const ModelTable& table, const Rows& rows) {
    const std::uint64_t seed = seed_of(table.spec.name);
    std::map<std::uint16_t, std::size_t> by_number;
    for (std::size_t at = 0; at < table.spec.columns.size(); ++at) {
        by_number[table.numbers.of.at(table.spec.columns[at].name)] = at;
    }
    Hash128 sum;
    for (const auto& [key, cells] : rows) {
        Bytes bytes;
        add_cell(key_number, table.spec.key, key, bytes);
        for (const auto& [number, at] : by_number) {
            const CellForm form = table.spec.columns[at].form;
            if (cells[at] == null_text) continue;
            add_cell(number, form, unquoted(cells[at], form), bytes);
        }
        sum = sum + checksum128(bytes, seed);
    }
    return sum;
}

}  // namespace perdure::simulation
