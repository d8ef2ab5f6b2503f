// Entities: ids that are never used again.
#include "c/home.h"

static void entities_are_made_in_trees_and_destroyed_with_them(void) {
    uint64_t roots[2], child = 0;
    perdure_world* world = open_world("memory:");
    CHECK(perdure_entities_count(world) == 1);  // the world itself
    REQUIRE_OK(perdure_entities_create(world, PERDURE_PLAYER, 0, roots, 2, &why));
    REQUIRE_OK(perdure_entities_create(world, PERDURE_PLAIN, roots[0], &child, 1, &why));
    CHECK(roots[0] != roots[1] && roots[0] > 1 && child > 1);
    CHECK(perdure_entities_count(world) == 4);
    CHECK(perdure_entity_alive(world, child) == 1);
    CHECK(perdure_entity_parent(world, child) == roots[0]);
    CHECK(perdure_entity_parent(world, roots[0]) == 0);
    CHECK_OK(perdure_entity_set_parent(world, child, roots[1], &why));
    CHECK(perdure_entity_parent(world, child) == roots[1]);
    CHECK_OK(perdure_entity_destroy(world, roots[1], &why));
    CHECK(perdure_entity_alive(world, child) == 0);
    CHECK(perdure_entity_parent(world, child) == 0);
    CHECK(perdure_entities_count(world) == 2);
    CHECK_OK(perdure_world_close(world, &why));
}

static void players_below_one_that_is_destroyed_live_on(void) {
    uint64_t ship = 0, ana = 0;
    perdure_world* world = open_world("memory:");
    REQUIRE_OK(perdure_entities_create(world, PERDURE_PLAIN, 0, &ship, 1, &why));
    REQUIRE_OK(perdure_entities_create(world, PERDURE_PLAYER, ship, &ana, 1, &why));
    CHECK_OK(perdure_entity_destroy(world, ship, &why));
    CHECK(perdure_entity_alive(world, ship) == 0);
    CHECK(perdure_entity_alive(world, ana) == 1);
    CHECK(perdure_entity_parent(world, ana) == 0);
    CHECK_OK(perdure_world_close(world, &why));
}

static void ids_are_never_used_again(void) {
    uint64_t first = 0, second = 0;
    perdure_commit_options wait = {sizeof wait, 0, 1, 0, 0};
    perdure_world* world = open_world(HERE);
    REQUIRE_OK(perdure_entities_create(world, PERDURE_PLAIN, 0, &first, 1, &why));
    CHECK_OK(perdure_world_commit(world, &wait, NULL, &why));
    CHECK_OK(perdure_entity_destroy(world, first, &why));
    CHECK_OK(perdure_world_commit(world, &wait, NULL, &why));
    CHECK_OK(perdure_world_close(world, &why));
    world = open_world(HERE);
    CHECK(perdure_entity_alive(world, first) == 0);
    REQUIRE_OK(perdure_entities_create(world, PERDURE_PLAIN, 0, &second, 1, &why));
    CHECK(second > first);
    CHECK_OK(perdure_world_close(world, &why));
}

static void what_cannot_be_is_refused(void) {
    uint64_t ids[2] = {0, 0};
    perdure_world* world = open_world("memory:");
    CHECK_REFUSED(perdure_entities_create(world, 3, 0, ids, 1, &why), PERDURE_UNSUPPORTED,
                  "kind 3");
    CHECK_REFUSED(perdure_entities_create(world, 0, 999, ids, 1, &why), PERDURE_NOT_FOUND, "999");
    CHECK_REFUSED(perdure_entities_create(world, 0, 0, NULL, 1, &why), PERDURE_INVALID, "entities");
    CHECK_OK(perdure_entities_create(world, 0, 0, NULL, 0, &why));
    REQUIRE_OK(perdure_entities_create(world, 0, 0, &ids[0], 1, &why));
    REQUIRE_OK(perdure_entities_create(world, 0, ids[0], &ids[1], 1, &why));
    CHECK_REFUSED(perdure_entity_set_parent(world, ids[0], ids[1], &why), PERDURE_INVALID, "below");
    CHECK_REFUSED(perdure_entity_set_parent(world, 999, ids[1], &why), PERDURE_NOT_FOUND, "999");
    CHECK_REFUSED(perdure_entity_set_parent(world, ids[0], 999, &why), PERDURE_NOT_FOUND, "999");
    CHECK_OK(perdure_entity_set_parent(world, ids[1], 0, &why));
    CHECK_REFUSED(perdure_entity_destroy(world, 1, &why), PERDURE_INVALID, "the world itself");
    CHECK_REFUSED(perdure_entity_destroy(world, 999, &why), PERDURE_NOT_FOUND, "999");
    CHECK_OK(perdure_world_close(world, &why));
}

static const test_case cases[] = {
    {"entities_are_made_in_trees_and_destroyed_with_them",
     entities_are_made_in_trees_and_destroyed_with_them},
    {"players_below_one_that_is_destroyed_live_on", players_below_one_that_is_destroyed_live_on},
    {"ids_are_never_used_again", ids_are_never_used_again},
    {"what_cannot_be_is_refused", what_cannot_be_is_refused},
};
TEST_SUITE(entities_suite, cases);
