// A host whose rules live in a shared library: it loads the first ones, runs some ticks, replaces
// them by the second ones while the world lives, and goes on. Run it twice: the second time the
// first rules find a field of theirs gone, and it reads as its initialiser.
#include <cstdio>
#include <memory>
#include <string>

#include <dlfcn.h>

#include "perdure/perdure.h"

namespace {

// The library's two functions; it goes with this.
class Rules {
public:
    explicit Rules(const char* path) : library_(dlopen(path, RTLD_NOW | RTLD_LOCAL)) {}
    ~Rules() {
        if (library_ != nullptr) dlclose(library_);
    }
    Rules(const Rules&) = delete;
    Rules& operator=(const Rules&) = delete;

    [[nodiscard]] bool loaded() const { return library_ != nullptr; }
    [[nodiscard]] perdure::Schema schema() const {
        perdure::Schema schema;
        reinterpret_cast<void (*)(perdure::Schema&)>(dlsym(library_, "declare_rules"))(schema);
        return schema;
    }
    void run(perdure::World& world) const {
        reinterpret_cast<void (*)(perdure::World&)>(dlsym(library_, "run_rules"))(world);
    }

private:
    void* library_;
};

int report(const perdure::Status& status) {
    std::fprintf(stderr, "%s\n", status.text().c_str());
    return 1;
}

perdure::Status run_ticks(perdure::World& world, const Rules& rules, int ticks) {
    for (int tick = 0; tick < ticks; ++tick) {
        rules.run(world);
        if (auto saved = world.commit(); !saved) return saved.status();
        world.poll();
    }
    return {};
}

}  // namespace

int main(int count, char** arguments) {
    const std::string directory = count > 1 ? arguments[1] : "plugin-world";
    auto first = std::make_unique<Rules>(FIRST_RULES);
    if (!first->loaded()) return report({perdure::Code::not_found, dlerror()});
    auto opened = perdure::World::open(directory, first->schema());
    if (!opened) return report(opened.status());
    perdure::World& world = **opened;
    if (auto ran = run_ticks(world, *first, 3); !ran.ok()) return report(ran);

    first.reset();  // its structs are unloaded, and the world still holds values of them
    const Rules second(SECOND_RULES);
    if (!second.loaded()) return report({perdure::Code::not_found, dlerror()});
    if (auto done = world.reload(second.schema()); !done.ok()) return report(done);
    std::printf("the rules were replaced between two ticks\n");
    if (auto ran = run_ticks(world, second, 3); !ran.ok()) return report(ran);
    const perdure::Status closed = world.close();
    return closed.ok() ? 0 : report(closed);
}
