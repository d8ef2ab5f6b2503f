#pragma once

#include <cstdio>

struct Purse {
    std::int64_t gold = 0;
};
PERDURE_COMPONENT(Purse, gold);

extern perdure::Entity ana;
extern std::int64_t issued;
