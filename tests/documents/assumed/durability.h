#pragma once

struct Velocity {
    float x = 0, y = 0;
};
PERDURE_COMPONENT(Velocity, x, y);
struct Purse {
    std::int64_t coins = 0;
};
PERDURE_COMPONENT(Purse, coins);
