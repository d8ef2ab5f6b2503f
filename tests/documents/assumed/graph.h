#pragma once

#include <cstdio>

extern const perdure::Entity ana;
extern const perdure::Entity bo;
