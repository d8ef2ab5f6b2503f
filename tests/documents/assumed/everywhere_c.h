// What C code in the pages takes for granted.
#pragma once

#include <stdint.h>
#include <stdio.h>

#include <perdure/c.h>

extern perdure_world* world;
int report(const perdure_error* error);
