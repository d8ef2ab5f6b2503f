#include "measure/report.h"

#include <cstdio>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/utsname.h>

namespace perdure::bench {
namespace {

constexpr std::size_t subject_width = 46;
constexpr std::size_t durability_width = 19;
constexpr std::size_t figure_width = 23;

std::string cell(const ResultRow::Figure& figure) {
    if (const auto* spread = std::get_if<Spread>(&figure.value)) {
        return to_string(*spread);
    }
    return std::get<std::string>(figure.value);
}

nlohmann::ordered_json as_json(const ResultRow::Figure& figure) {
    if (const auto* spread = std::get_if<Spread>(&figure.value)) {
        return {{"median", spread->median},
                {"min", spread->minimum},
                {"max", spread->maximum},
                {"runs", spread->runs}};
    }
    return std::get<std::string>(figure.value);
}

nlohmann::ordered_json machine() {
    utsname system{};
    uname(&system);
    std::ifstream load_file("/proc/loadavg");
    double load = 0;
    load_file >> load;
    std::string model = "unknown";
    std::ifstream processors("/proc/cpuinfo");
    for (std::string line; std::getline(processors, line);) {
        if (line.starts_with("model name")) {
            model = line.substr(line.find(':') + 2);
            break;
        }
    }
    return {{"processor", model},
            {"threads", std::thread::hardware_concurrency()},
            {"kernel", std::string(system.release)},
            {"load_1_min", load}};
}

}  // namespace

ResultRow::ResultRow(std::string subject, std::string durability)
    : subject_(std::move(subject)), durability_(std::move(durability)) {}

ResultRow& ResultRow::add(std::string name, const Spread& figure) {
    figures_.push_back({std::move(name), figure});
    return *this;
}

ResultRow& ResultRow::add(std::string name, std::string_view text) {
    figures_.push_back({std::move(name), std::string(text)});
    return *this;
}

Report::Report(std::string benchmark, const std::string& json_path)
    : benchmark_(std::move(benchmark)) {
    if (!json_path.empty()) {
        json_.open(json_path, std::ios::app);
        if (!json_) {
            throw std::runtime_error("cannot append to " + json_path);
        }
    }
}

void Report::heading(std::string_view text) {
    fmt::print("\n## {}\n", text);
    header_.clear();
    std::fflush(stdout);
}

void Report::note(std::string_view text) {
    fmt::print("{}\n", text);
    std::fflush(stdout);
}

void Report::print(const ResultRow& row) {
    print_header(row);
    fmt::print("{:<{}} | {:<{}}", row.subject(), subject_width, row.durability(), durability_width);
    for (const ResultRow::Figure& figure : row.figures()) {
        fmt::print(" | {:>{}}", cell(figure), figure_width);
    }
    fmt::print("\n");
    std::fflush(stdout);
    if (json_.is_open()) {
        write_json(row);
    }
}

void Report::print_header(const ResultRow& row) {
    std::string header =
        fmt::format("{:<{}} | {:<{}}", "subject", subject_width, "durability", durability_width);
    for (const ResultRow::Figure& figure : row.figures()) {
        header += fmt::format(" | {:>{}}", figure.name, figure_width);
    }
    if (header != header_) {
        fmt::print("{}\n{:-<{}}\n", header, "", header.size());
        header_ = std::move(header);
    }
}

void Report::write_json(const ResultRow& row) {
    nlohmann::ordered_json figures;
    for (const ResultRow::Figure& figure : row.figures()) {
        figures[figure.name] = as_json(figure);
    }
    const nlohmann::ordered_json line = {{"benchmark", benchmark_},
                                         {"subject", row.subject()},
                                         {"durability", row.durability()},
                                         {"figures", figures},
                                         {"machine", machine()}};
    json_ << line.dump() << std::endl;
}

}  // namespace perdure::bench
