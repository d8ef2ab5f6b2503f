// The smallest program that uses an installed Perdure.
#include <cstdio>

#include <perdure/perdure.h>

int main() {
    const perdure::Status status(perdure::Code::not_found, "no world here");
    std::puts(status.text().c_str());
    return status.ok() ? 1 : 0;
}
