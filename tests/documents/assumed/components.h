#pragma once

#include <cstdio>

extern perdure::Entities& entities;
extern const perdure::Entity ana;
