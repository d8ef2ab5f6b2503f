// Results as people and as programs read them: a table on stdout and, if asked, a JSON line per
// row.
//
//   Report report("tick", json_path);                        // json_path may be empty
//   ResultRow row("lmdb: 4 integer-key DBs", "flushed each tick");
//   row.add("updates_per_s", Spread::of(rates));
//   row.add("tick_p99_ms", Spread::of(p99s));
//   row.add("checked", "verified");
//   report.print(row);
//
// Every row says its durability. Figures are named in whole words, unit last. The header is printed
// again whenever the columns change. JSON, one object a line, appended:
//   {"benchmark":"tick","subject":"lmdb: …","durability":"flushed each tick",
//    "figures":{"updates_per_s":{"median":…,"min":…,"max":…,"runs":5},"checked":"verified"},
//    "machine":{…}}
#pragma once

#include <fstream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "measure/statistics.h"

namespace perdure::bench {

class ResultRow {
public:
    // `subject`: what was measured. `durability`: what survives when the call returns, in a few
    // words.
    ResultRow(std::string subject, std::string durability);

    ResultRow& add(std::string name, const Spread& figure);
    ResultRow& add(std::string name, double figure) {
        return add(std::move(name), Spread::of_one(figure));
    }
    ResultRow& add(std::string name, std::string_view text);

    struct Figure {
        std::string name;
        std::variant<Spread, std::string> value;
    };

    const std::string& subject() const { return subject_; }
    const std::string& durability() const { return durability_; }
    const std::vector<Figure>& figures() const { return figures_; }

private:
    std::string subject_;
    std::string durability_;
    std::vector<Figure> figures_;
};

class Report {
public:
    // Appends to `json_path` unless it is empty; throws std::runtime_error if it cannot be opened.
    explicit Report(std::string benchmark, const std::string& json_path = {});

    // A line of its own above the rows that follow: "## Tick, 100,000 entities".
    void heading(std::string_view text);
    // A remark below or between rows.
    void note(std::string_view text);
    void print(const ResultRow& row);

private:
    void print_header(const ResultRow& row);
    void write_json(const ResultRow& row);

    std::string benchmark_;
    std::string header_;
    std::ofstream json_;
};

}  // namespace perdure::bench
