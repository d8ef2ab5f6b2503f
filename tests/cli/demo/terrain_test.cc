#include "cli/demo/terrain.h"

#include "cli/demo/demo_world.h"

namespace perdure::cli::demo {
namespace {

TEST(Land, is_known_by_the_names_of_nodes) {
    EXPECT_EQ(land_of("default:water_source"), Land::water);
    EXPECT_EQ(land_of("default:sand_with_kelp"), Land::water);
    EXPECT_EQ(land_of("default:dirt_with_grass"), Land::soil);
    EXPECT_EQ(land_of("default:pine_needles"), Land::conifer);
    EXPECT_EQ(land_of("default:leaves"), Land::broadleaf);
    EXPECT_EQ(land_of("default:permafrost_with_stones"), Land::stone);
    EXPECT_EQ(land_of("default:snowblock"), Land::snow);
    EXPECT_FALSE(traits(Land::water).walkable);
    EXPECT_TRUE(traits(Land::soil).fertile);
}

// Three columns in a row, east of one another.
class TerrainTest : public DemoWorld {
protected:
    void column(float x, float height, const char* name) {
        const Entity node = world_->entities().create();
        world_->entities().set(node, Position{x, height, 0});
        world_->entities().set(node, Node{name});
    }
    void SetUp() override { open(); }
    [[nodiscard]] Terrain terrain() { return {world_->entities(), 3, 1}; }
};

TEST_F(TerrainTest, lets_legs_climb_one_and_descend_two_but_no_more) {
    column(0, 0, "default:sand");
    column(1, 1, "default:sand");
    column(2, 4, "default:sand");
    const Terrain found = terrain();
    EXPECT_TRUE(found.can_step(0, 1));
    EXPECT_TRUE(found.can_step(1, 0));
    EXPECT_FALSE(found.can_step(1, 2));
    EXPECT_FALSE(found.can_step(2, 1));
}

TEST_F(TerrainTest, keeps_walkers_out_of_water_and_inside_the_world) {
    column(0, 0, "default:sand");
    column(1, 0, "default:water_source");
    column(2, 0, "default:leaves");
    const Terrain found = terrain();
    EXPECT_FALSE(found.can_step(0, 1));
    EXPECT_FALSE(found.can_step(1, 2));
    EXPECT_EQ(found.neighbour(0, 2), Terrain::outside);
    EXPECT_EQ(found.neighbour(2, 0), Terrain::outside);
    EXPECT_EQ(found.neighbour(0, 1), Terrain::outside);
    EXPECT_TRUE(found.borders(0, Land::water));
    EXPECT_FALSE(found.borders(0, Land::broadleaf));
}

TEST_F(TerrainTest, counts_what_is_missing_doubled_or_beside_it) {
    column(0, 0, "default:sand");
    column(0, 5, "default:sand");
    column(7, 0, "default:sand");
    EXPECT_EQ(terrain().misplaced(), 4U);  // one doubled, one outside, two columns without a node
}

}  // namespace
}  // namespace perdure::cli::demo
