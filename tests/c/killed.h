// A life that ends without a close: the test program runs itself as `--live HOW DIRECTORY`.
#pragma once

int live(const char* how, const char* directory);
