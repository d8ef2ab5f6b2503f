#include "cli/demo/screen.h"

#include "cli/demo/demo_world.h"

namespace perdure::cli::demo {
namespace {

class MapTest : public DemoWorld {
protected:
    [[nodiscard]] std::vector<std::string> map(std::uint32_t characters, std::uint32_t lines) {
        MapView view(rules_->terrain(), characters, lines);
        view.count(rules_->terrain(), world_->entities());
        return view.lines();
    }
    [[nodiscard]] static std::size_t marks(const std::vector<std::string>& lines) {
        std::size_t count = 0;
        for (const std::string& line : lines) {
            for (const char* mark : {"·", "•"}) {
                for (auto at = line.find(mark); at != std::string::npos;
                     at = line.find(mark, at + 1)) {
                    ++count;
                }
            }
        }
        return count;
    }
};

TEST_F(MapTest, shows_every_walker_when_there_is_a_character_for_each_column) {
    found_world();
    EXPECT_EQ(marks(map(side, side)), 300U);
}

TEST_F(MapTest, is_as_large_as_asked_and_no_larger_than_the_ground) {
    found_world();
    EXPECT_EQ(map(60, 20).size(), 20U);
    EXPECT_EQ(map(200, 200).size(), side);
}

}  // namespace
}  // namespace perdure::cli::demo
