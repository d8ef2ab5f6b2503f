// Transactions: rows of a table of one's own, changed together or not at all, and only if nobody
// was faster.
#include <cstdint>
#include <cstdio>
#include <string>

#include "perdure/perdure.h"

static int report(const perdure::Status& status) {
    std::fprintf(stderr, "%s\n", status.text().c_str());
    return 1;
}

// One coin from ana to bo, if ana still has what we saw. `conflict` if not.
static perdure::Status pay(perdure::World& world, std::int64_t seen_ana, std::int64_t seen_bo) {
    auto payment = world.begin();
    const auto staged = payment.put("accounts", {{"name", "ana"}, {"coins", seen_ana - 1}},
                                    perdure::if_equal({{"coins", seen_ana}}));
    if (!staged.ok()) return staged;
    const auto also = payment.put("accounts", {{"name", "bo"}, {"coins", seen_bo + 1}},
                                  perdure::if_equal({{"coins", seen_bo}}));
    if (!also.ok()) return also;
    return payment.commit({.wait = true}).status();  // ok: both rows, durable
}

int main() {
    perdure::Schema schema;
    schema.table("accounts").key<std::string>("name").column<std::int64_t>("coins");
    auto opened = perdure::World::open("memory:", schema);
    if (!opened) return report(opened.status());
    perdure::World& world = **opened;

    auto opening = world.begin();
    for (const char* name : {"ana", "bo"}) {
        const auto staged =
            opening.put("accounts", {{"name", name}, {"coins", 10}}, perdure::if_absent());
        if (!staged.ok()) return report(staged);
    }
    if (auto made = opening.commit(); !made) return report(made.status());

    if (const auto paid = pay(world, 10, 10); !paid.ok()) return report(paid);
    const auto again = pay(world, 10, 10);  // what it saw is no longer so
    std::printf("the second payment: %s\n", again.text().c_str());

    auto view = world.snapshot();
    if (!view) return report(view.status());
    for (const char* name : {"ana", "bo"}) {
        auto row = view->find("accounts", {{"name", name}});
        if (!row || !*row) return report(row.status());
        std::printf("%s has %lld\n", name,
                    static_cast<long long>(*(**row)["coins"].get_if<std::int64_t>()));
    }
    return again.code() == perdure::Code::conflict ? 0 : 1;
}
