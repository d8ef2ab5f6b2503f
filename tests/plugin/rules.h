// What the host knows of a library of rules: functions in C, and nothing of its structs.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "perdure/world.h"

namespace perdure {

// What the host keeps itself, for a component that is external.
using Badges = std::map<std::uint64_t, std::string>;

extern "C" {
// Adds all that the rules declare.
using DeclareRules = void (*)(Schema& schema);
// One tick's work: the same from the same state.
using RunRules = void (*)(World& world, std::uint64_t tick);
// Everything that lives, in words.
using TellRules = void (*)(World& world, std::string& to);
// Adds an external component, and the answers for it: values go to `badges`, and come from there.
using DeclareBadges = void (*)(Schema& schema, ExternalCallbacks& answers, Badges& badges);
// Hands in the badge of an entity, to be taken as it is now.
using PutBadge = void (*)(World& world, Entity entity, const std::string& text);
// Marks the badges of these entities: the next commit asks for them.
using ChangeBadge = void (*)(World& world, Entity entity);
}

}  // namespace perdure
