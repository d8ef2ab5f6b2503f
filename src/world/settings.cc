#include "world/settings.h"

#define TOML_EXCEPTIONS 0
// "[=]" fails an assertion of toml++ 3.3, which then goes on to refuse it in words; a slip of the
// pen may not end the program. With NDEBUG it would be assumed not to happen, which is worse.
#undef NDEBUG
#define TOML_ASSERT(condition) static_cast<void>(0)
#include <algorithm>
#include <limits>

#include <toml++/toml.h>

#include "base/error.h"
#include "model/utf8.h"

namespace perdure {
namespace {

// One number that the file may set.
struct Limit {
    std::string_view name;
    std::uint64_t WorldOptions::*large = nullptr;
    std::uint32_t WorldOptions::*small = nullptr;
};

constexpr Limit limits[] = {
    {"journal_bytes_max", &WorldOptions::journal_bytes_max, nullptr},
    {"journal_file_bytes", &WorldOptions::journal_file_bytes, nullptr},
    {"journal_first_file_bytes", &WorldOptions::journal_first_file_bytes, nullptr},
    {"journal_files_ahead", nullptr, &WorldOptions::journal_files_ahead},
    {"pending_bytes_max", &WorldOptions::pending_bytes_max, nullptr},
    {"index_bytes_max", &WorldOptions::index_bytes_max, nullptr},
    {"drain_interval_ms", nullptr, &WorldOptions::drain_interval_ms},
    {"drain_bytes", &WorldOptions::drain_bytes, nullptr},
};

// The line of the first byte that is not ASCII before a comment; 0: there is none. No setting needs
// one, and toml++ 3.3 has no defined behaviour where such a letter stands outside quotes.
int line_of_stray_letter(std::string_view text) {
    int line = 1;
    bool comment = false;
    for (const char letter : text.substr(text.starts_with("\xEF\xBB\xBF") ? 3 : 0)) {
        if (letter == '\n') ++line;
        comment = letter != '\n' && (comment || letter == '#');
        if (!comment && static_cast<unsigned char>(letter) >= 0x80) return line;
    }
    return 0;
}

class Reader {
public:
    explicit Reader(const std::string& path) : path_(path) {}

    template <typename... Arguments>
    Status refuse(const toml::node& node, text::Format<Arguments...> format,
                  Arguments&&... arguments) const {
        return error(Code::invalid, "{}:{}: {}", path_, node.source().begin.line,
                     printable(text::format(format, std::forward<Arguments>(arguments)...)));
    }

    Status category(const toml::node& node, Category& category) const {
        const toml::table* table = node.as_table();
        if (!table) return refuse(node, "category.{} must be a table", category.name);
        for (const auto& [key, value] : *table) {
            const std::string_view name = key.str();
            if (name == "interval_ms") {
                const auto number = value.value_exact<std::int64_t>();
                if (!number || *number < 1 || *number > 60'000) {
                    return refuse(value, "interval_ms must be 1 to 60000");
                }
                category.interval_ms = static_cast<std::uint32_t>(*number);
                continue;
            }
            const auto word = value.value_exact<std::string>();
            if (!word) return refuse(value, "{} must be a word in quotes", name);
            if (name == "durability") {
                const auto level = parse_level(*word);
                if (!level) return refuse(value, "{}", level.status().message());
                category.durability = *level;
            } else if (name == "consistency") {
                category.consistency = *word;
            } else if (name == "retention") {
                category.retention = *word;
            } else {
                return refuse(value, "a category has no setting '{}'", name);
            }
        }
        const Status valid = category.validate();
        if (!valid.ok()) return refuse(node, "{}", valid.message());
        return {};
    }

    Status limit(std::string_view name, const toml::node& value, WorldOptions& options) const {
        const auto known =
            std::find_if(std::begin(limits), std::end(limits),
                         [&](const Limit& candidate) { return candidate.name == name; });
        if (known == std::end(limits)) return refuse(value, "there is no limit '{}'", name);
        const auto number = value.value_exact<std::int64_t>();
        const std::int64_t most = known->small ? std::numeric_limits<std::uint32_t>::max()
                                               : std::numeric_limits<std::int64_t>::max();
        if (!number || *number < 1 || *number > most) {
            return refuse(value, "{} must be a whole number from 1 to {}", name, most);
        }
        if (known->small) {
            options.*known->small = static_cast<std::uint32_t>(*number);
        } else {
            options.*known->large = static_cast<std::uint64_t>(*number);
        }
        return {};
    }

private:
    const std::string& path_;
};

}  // namespace

Status apply_settings(std::string_view text, const std::string& path, WorldOptions& options,
                      std::vector<Category>& categories) {
    if (const int line = line_of_stray_letter(text); line != 0) {
        return error(Code::invalid, "{}:{}: letters that are not ASCII stand in comments only",
                     path, line);
    }
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
        return error(Code::invalid, "{}:{}: {}", path, parsed.error().source().begin.line,
                     printable(parsed.error().description()));
    }
    const Reader reader(path);
    for (const auto& [key, node] : parsed.table()) {
        const toml::table* table = node.as_table();
        if (!table || (key.str() != "category" && key.str() != "limits")) {
            return reader.refuse(node,
                                 "there is no setting '{}'; there are [category.NAME] and [limits]",
                                 key.str());
        }
        for (const auto& [name, value] : *table) {
            if (key.str() == "limits") {
                PERDURE_TRY(reader.limit(name.str(), value, options));
                continue;
            }
            auto category = std::find_if(
                categories.begin(), categories.end(),
                [&wanted = name](const Category& one) { return one.name == wanted.str(); });
            if (category == categories.end()) {
                categories.push_back({});
                category = std::prev(categories.end());
                category->name = std::string(name.str());
            }
            PERDURE_TRY(reader.category(value, *category));
        }
    }
    return {};
}

}  // namespace perdure
