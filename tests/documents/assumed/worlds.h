#pragma once

#include <cstdio>

struct Position {
    float x = 0, y = 0;
};
PERDURE_COMPONENT(Position, x, y);
struct Calendar {
    std::int32_t day = 0;
};
PERDURE_COMPONENT(Calendar, day);
