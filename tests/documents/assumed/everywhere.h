// What pages take for granted: an open world, and what a reader has already.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <perdure/perdure.h>

extern perdure::World& world;
extern perdure::Schema& schema;
extern bool running;
int report(const perdure::Status&);
void tell(perdure::Entity, std::string_view);
