// bench_key_index: why pending has a tree of its own (docs/decisions/0004): random keys of eight
// bytes put into engine::KeyIndex and into a std::map, one version each, and found again.
//
//   bench_key_index [JSON_FILE]
#include "engine/key_index.h"

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <malloc.h>

#include "base/random.h"
#include "measure/process_usage.h"
#include "measure/report.h"
#include "measure/statistics.h"

namespace perdure::bench {
namespace {

constexpr std::size_t runs = 5;
constexpr std::size_t key_count = 2'000'000;

struct OurTree {
    void add(std::string_view key, Lsn lsn) { keys.add(key, lsn, 0, 0); }
    [[nodiscard]] bool has(std::string_view key) const { return keys.find(key) != nullptr; }
    engine::KeyIndex keys;
};

struct StandardMap {
    void add(std::string_view key, Lsn lsn) {
        auto& newest = keys[std::string(key)];
        newest.lsn = lsn;
    }
    [[nodiscard]] bool has(std::string_view key) const { return keys.find(key) != keys.end(); }
    std::map<std::string, engine::Version, std::less<>> keys;
};

struct Figures {
    std::vector<double> add_seconds, find_seconds, bytes_per_key;
};

template <typename Index>
void measure(const std::vector<std::string>& keys, Figures& figures) {
    malloc_trim(0);
    const std::uint64_t before = process_memory().resident_bytes;
    Index index;
    const Stopwatch adding;
    Lsn lsn = 0;
    for (const std::string& key : keys) index.add(key, ++lsn);
    figures.add_seconds.push_back(adding.seconds());
    const auto grown = static_cast<double>(process_memory().resident_bytes - before);
    figures.bytes_per_key.push_back(grown / static_cast<double>(keys.size()));
    const Stopwatch finding;
    std::size_t found = 0;
    for (const std::string& key : keys) found += index.has(key) ? 1 : 0;
    figures.find_seconds.push_back(finding.seconds());
    if (found != keys.size()) std::puts("bench_key_index: a key is missing");
}

void print(Report& report, std::string subject, const Figures& figures) {
    ResultRow row(std::move(subject), "none: in memory");
    row.add("add_s", Spread::of(figures.add_seconds));
    row.add("find_s", Spread::of(figures.find_seconds));
    row.add("bytes_per_key", Spread::of(figures.bytes_per_key));
    report.print(row);
}

}  // namespace
}  // namespace perdure::bench

int main(int count, char** arguments) {
    using namespace perdure;
    using namespace perdure::bench;
    Random random(1);
    std::vector<std::string> keys(key_count);
    for (std::string& key : keys) {
        for (int byte = 0; byte < 8; ++byte) key += static_cast<char>(random.next());
    }
    Figures ours, standard;
    for (std::size_t run = 0; run < runs; ++run) {
        measure<OurTree>(keys, ours);
        measure<StandardMap>(keys, standard);
    }
    Report report("key_index", count > 1 ? arguments[1] : "");
    print(report, "engine::KeyIndex: 2,000,000 random keys", ours);
    print(report, "std::map<std::string, Version>", standard);
    return 0;
}
