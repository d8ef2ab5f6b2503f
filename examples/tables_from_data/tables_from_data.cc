// Tables from data: what a mod wants to keep is described in words, which this program reads and
// declares while the world runs. Run it twice: the second time the world knows the table before the
// program does.
#include <cstdint>
#include <cstdio>
#include <sstream>
#include <string>
#include <utility>

#include "perdure/perdure.h"

namespace {

// As it stands in the mod's file.
constexpr const char* offers_table =
    "key    good  text\n"
    "column price i64\n"
    "column tint  array<f32,3>\n";

int report(const perdure::Status& status) {
    std::fprintf(stderr, "%s\n", status.text().c_str());
    return 1;
}

perdure::Result<perdure::TableBuilder> read_table(std::string name, std::istream& lines) {
    perdure::TableBuilder table(std::move(name));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string what, column, type_name;
        words >> what >> column >> type_name;
        const auto type = perdure::parse_column_type(type_name);
        if (!type) return type.status().with_context(line);
        if (what == "key") {
            table.key(column, *type);
        } else if (what == "column") {
            table.column(column, *type);
        } else {
            return perdure::Status(perdure::Code::invalid, line + ": neither key nor column");
        }
    }
    return table;
}

// Every row, whatever its columns are.
int print(perdure::World& world, const std::string& name) {
    auto view = world.snapshot();
    if (!view) return report(view.status());
    auto page = view->scan(name);
    if (page.status().code() == perdure::Code::not_found) {
        std::printf("no table %s yet\n", name.c_str());
        return 0;
    }
    while (page && page->rows() > 0) {
        std::printf("%s\n", perdure::to_text(*page).c_str());
        page = view->scan(name, &*page);
    }
    return page ? 0 : report(page.status());
}

}  // namespace

int main(int count, char** arguments) {
    const std::string directory = count > 1 ? arguments[1] : "tables-from-data-world";
    const perdure::Schema schema;  // knows no table
    auto opened = perdure::World::open(directory, schema);
    if (!opened) return report(opened.status());
    perdure::World& world = **opened;
    if (const int failed = print(world, "offers"); failed != 0) return failed;

    std::istringstream file(offers_table);
    const auto offers = read_table("offers", file);
    if (!offers) return report(offers.status());
    if (const auto declared = world.declare(*offers); !declared.ok()) return report(declared);

    auto offer = world.begin();
    for (const auto& [good, price] : {std::pair("bread", 3), std::pair("wine", 9)}) {
        const auto staged = offer.put("offers", {{"good", good}, {"price", price}});
        if (!staged.ok()) return report(staged);
    }
    if (const auto saved = offer.commit({.wait = true}); !saved) return report(saved.status());
    if (const int failed = print(world, "offers"); failed != 0) return failed;
    const auto closed = world.close();
    return closed.ok() ? 0 : report(closed);
}
