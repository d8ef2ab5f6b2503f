// An external component whose callbacks are a library's: they go on with the next library's.
#include <memory>
#include <string>

#include "plugin/library.h"
#include "world/home.h"

namespace perdure {
namespace {

class ReloadOfBadges : public testing::Test {
protected:
    void SetUp() override { open(first_path); }
    void TearDown() override {
        if (home_.is_open()) home_.close();
        forget_library();
    }
    void open(const std::string& path) {
        library_ = std::make_unique<Library>(path);
        home_.know(library_->schema(home_.options.external, badges_));
        home_.open();
    }
    // A schema and callbacks have the library's code, so they go before it.
    void forget_library() {
        home_.know(Schema());
        home_.options.external = {};
        library_.reset();
    }
    Status try_reload(const Library& next) {
        ExternalCallbacks answers;
        const Schema schema = next.schema(answers, badges_);
        return home_->reload(schema, std::move(answers));
    }
    void become(const std::string& path) {
        auto next = std::make_unique<Library>(path);
        const Status done = try_reload(*next);
        ASSERT_TRUE(done.ok()) << done.text();
        forget_library();
        library_ = std::move(next);
    }
    Entity wear(const std::string& text) {
        const Entity entity = home_.entities().create();
        badges_[entity.id] = text;
        library_->change_badge(*home_, entity);
        return entity;
    }
    void commit() { home_.commit({.level = Level::journal}); }
    std::string badge(Entity entity) {
        home_.drain();
        return home_.row("Badge", {{"entity", entity}});
    }

    Badges badges_;
    std::unique_ptr<Library> library_;
    Home home_;
};

TEST_F(ReloadOfBadges, the_next_library_is_asked_when_the_one_before_is_gone) {
    const Entity ana = wear("red");
    const Entity bert = wear("blue");
    commit();
    library_->change_badge(*home_, bert);  // marked, and in no commit yet
    become(second_path);
    commit();
    EXPECT_EQ(badge(ana), text::format("{} 7 red", ana.id)) << "converted, where it is stored";
    EXPECT_EQ(badge(bert), text::format("{} 8 blue", bert.id)) << "read by the second library";
    const Entity carl = wear("green");
    commit();
    EXPECT_EQ(badge(carl), text::format("{} 8 green", carl.id));
    home_.crash();
    badges_.clear();
    forget_library();
    open(second_path);
    EXPECT_EQ(badges_, (Badges{{ana.id, "red 7"}, {bert.id, "blue 8"}, {carl.id, "green 8"}}));
}

TEST_F(ReloadOfBadges, what_was_handed_in_before_goes_out_after) {
    const Entity ana = wear("red");
    commit();
    library_->put_badge(*home_, ana, "gold");
    become(second_path);
    commit();
    EXPECT_EQ(badge(ana), text::format("{} 7 gold", ana.id));
    library_->put_badge(*home_, ana, "silver");
    commit();
    EXPECT_EQ(badge(ana), text::format("{} 9 silver", ana.id));
}

TEST_F(ReloadOfBadges, the_library_before_is_asked_if_the_next_is_refused) {
    const Entity ana = wear("red");
    Library next(second_path);
    ASSERT_TRUE(home_.tick().put("deals", {{"id", std::uint64_t{1}}, {"price", "1"}}).ok());
    EXPECT_EQ(try_reload(next).code(), Code::busy);
    next.unload();
    commit();
    EXPECT_EQ(badge(ana), text::format("{} red", ana.id));
}

TEST_F(ReloadOfBadges, of_the_same_library_goes_on_with_its_callbacks) {
    const Entity ana = wear("red");
    home_.options.external = {};
    const Status done = try_reload(*library_);
    ASSERT_TRUE(done.ok()) << done.text();
    commit();
    EXPECT_EQ(badge(ana), text::format("{} red", ana.id));
    const Entity bert = wear("blue");
    commit();
    EXPECT_EQ(badge(bert), text::format("{} blue", bert.id));
}

}  // namespace
}  // namespace perdure
