#include "cli/verdict_text.h"

#include <optional>

#include <fmt/format.h>

#include "base/quantity.h"
#include "engine/world_directory.h"

namespace perdure::cli {

namespace {

std::string optional_text(const std::optional<std::uint64_t>& number, const char* otherwise) {
    return number ? std::to_string(*number) : otherwise;
}

std::string range_text(Lsn first, Lsn last) {
    return first == last ? fmt::format("LSN {}", first) : fmt::format("LSNs {} to {}", first, last);
}

std::string entities_text(const jobs::Damage& damage) {
    std::string ids;
    for (const std::uint64_t id : damage.first_entities) {
        ids += (ids.empty() ? "" : ", ") + std::to_string(id);
    }
    const bool all = damage.first_entities.size() == damage.entities;
    return fmt::format(
        "{}{} ({}{})", damage.entities >= jobs::entities_counted_max ? "at least " : "",
        damage.entities == 1 ? "1 entity" : count_text(damage.entities) + " entities", ids,
        all ? "" : ", …");
}

// "LSNs 5 to 9; 12 rows of Purse; 10 entities (17, 18, …)"; empty if there is nothing to say.
std::string touched_text(const jobs::Damage& damage) {
    std::string words;
    const auto add = [&](const std::string& part) { words += (words.empty() ? "" : "; ") + part; };
    if (damage.first_lsn != 0) add(range_text(damage.first_lsn, damage.last_lsn));
    for (const jobs::TouchedTable& table : damage.tables) {
        const std::string where = table.where.empty() ? "" : fmt::format(" ({})", table.where);
        if (table.rows > 0) {
            add(fmt::format("{} rows of {}{}", count_text(table.rows), table.name, where));
        } else {
            add(fmt::format("rows of {}{}", table.name, where));
        }
    }
    if (damage.entities > 0) add(entities_text(damage));
    return words;
}

std::string remedy_names(const jobs::Damage& damage) {
    std::string names;
    for (const std::string& name : damage.remedies) names += name + ", or ";
    return names + "restore a backup (perdure restore)";
}

std::string damage_text(const jobs::Damage& damage) {
    std::string lines = fmt::format("WRONG    {}: {}\n", code_name(damage.code), damage.what);
    if (const std::string touched = touched_text(damage); !touched.empty()) {
        lines += fmt::format("         touches {}\n", touched);
    }
    return lines + fmt::format("         can be done: {}\n", remedy_names(damage));
}

nlohmann::ordered_json damage_json(const jobs::Damage& damage) {
    nlohmann::ordered_json json{{"code", code_name(damage.code)}, {"what", damage.what}};
    if (!damage.path.empty()) json["path"] = damage.path;
    if (damage.offset) json["offset"] = *damage.offset;
    if (damage.first_lsn != 0) {
        json["first_lsn"] = damage.first_lsn;
        json["last_lsn"] = damage.last_lsn;
    }
    json["tables"] = nlohmann::ordered_json::array();
    for (const jobs::TouchedTable& table : damage.tables) {
        json["tables"].push_back(
            {{"name", table.name}, {"rows", table.rows}, {"where", table.where}});
    }
    json["entities"] = damage.entities;
    json["first_entities"] = damage.first_entities;
    json["remedies"] = damage.remedies;
    return json;
}

}  // namespace

std::string remedies_text(const std::vector<jobs::Remedy>& remedies) {
    std::string lines;
    for (const jobs::Remedy& remedy : remedies) {
        lines += fmt::format("remedy   {}: {}\n         loses {}\n", remedy.name, remedy.does,
                             remedy.loses.empty() ? "nothing" : remedy.loses);
    }
    return lines;
}

std::string verdict_text(const jobs::Verdict& verdict) {
    std::string lines = fmt::format("world    {}\n", to_text(verdict.world));
    lines += fmt::format("journal  up to LSN {}, tick {}; {} judged\n", verdict.last,
                         optional_text(verdict.tick, "none"), bytes_text(verdict.journal_bytes));
    lines += fmt::format("store    up to LSN {}; {} judged\n", verdict.stored.lsn,
                         bytes_text(verdict.store_bytes));
    for (const std::string& remark : verdict.remarks) lines += fmt::format("remark   {}\n", remark);
    for (const jobs::Damage& damage : verdict.damage) lines += damage_text(damage);
    lines += remedies_text(verdict.remedies);
    lines += verdict.digest ? fmt::format("digest   {} of {} rows\n", verdict.digest->hex(),
                                          count_text(verdict.rows))
                            : std::string("digest   none: the state cannot be put together\n");
    return lines + (verdict.whole() ? "whole\n" : "damaged\n");
}

nlohmann::ordered_json remedy_json(const jobs::Remedy& remedy) {
    return {{"name", remedy.name},
            {"does", remedy.does},
            {"loses", remedy.loses},
            {"needs_yes", remedy.needs_yes()}};
}

nlohmann::ordered_json verdict_json(const jobs::Verdict& verdict) {
    nlohmann::ordered_json json{{"whole", verdict.whole()},
                                {"world", to_text(verdict.world)},
                                {"digest", nullptr},
                                {"rows", verdict.rows},
                                {"tick", nullptr},
                                {"lsn", verdict.last},
                                {"stored_lsn", verdict.stored.lsn},
                                {"journal_bytes", verdict.journal_bytes},
                                {"store_bytes", verdict.store_bytes},
                                {"wrong", nlohmann::ordered_json::array()},
                                {"remedies", nlohmann::ordered_json::array()},
                                {"remarks", verdict.remarks}};
    if (verdict.digest) json["digest"] = verdict.digest->hex();
    if (verdict.tick) json["tick"] = *verdict.tick;
    for (const jobs::Damage& damage : verdict.damage) json["wrong"].push_back(damage_json(damage));
    for (const jobs::Remedy& remedy : verdict.remedies) {
        json["remedies"].push_back(remedy_json(remedy));
    }
    return json;
}

}  // namespace perdure::cli
