// A loaded library of rules, for tests.
#pragma once

#include <string>

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "plugin/rules.h"

namespace perdure {

inline const std::string first_path = PERDURE_FIRST_RULES;
inline const std::string second_path = PERDURE_SECOND_RULES;

// unload() is sure that it is gone.
class Library {
public:
    explicit Library(const std::string& path) : path_(path) {
        handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (handle_ == nullptr) ADD_FAILURE() << dlerror();
    }
    ~Library() { unload(); }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

    void unload() {
        if (handle_ == nullptr) return;
        EXPECT_EQ(dlclose(handle_), 0) << dlerror();
        handle_ = nullptr;
        void* const stays = dlopen(path_.c_str(), RTLD_NOW | RTLD_NOLOAD);
        EXPECT_EQ(stays, nullptr) << path_;
        if (stays != nullptr) dlclose(stays);
    }
    [[nodiscard]] Schema schema() const {
        Schema schema;
        get<DeclareRules>("declare_rules")(schema);
        return schema;
    }
    void run(World& world, std::uint64_t tick) const { get<RunRules>("run_rules")(world, tick); }
    [[nodiscard]] std::string tell(World& world) const {
        std::string told;
        get<TellRules>("tell_rules")(world, told);
        return told;
    }

    // The schema, and an external component besides, whose values are in `badges`.
    [[nodiscard]] Schema schema(ExternalCallbacks& answers, Badges& badges) const {
        Schema with = schema();
        get<DeclareBadges>("declare_badges")(with, answers, badges);
        return with;
    }
    void put_badge(World& world, Entity entity, const std::string& text) const {
        get<PutBadge>("put_badge")(world, entity, text);
    }
    void change_badge(World& world, Entity entity) const {
        get<ChangeBadge>("change_badge")(world, entity);
    }

private:
    template <typename Function>
    [[nodiscard]] Function get(const char* name) const {
        return reinterpret_cast<Function>(dlsym(handle_, name));
    }

    const std::string path_;
    void* handle_ = nullptr;
};

}  // namespace perdure
