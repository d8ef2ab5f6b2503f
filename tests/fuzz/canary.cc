// The canary: a decoder with a planted fault, which `make fuzz` must find within seconds. It proves
// that coverage leads the fuzzer through a magic number, and that the sanitizers see one byte too
// many.
#include <array>
#include <cstring>

#include "fuzz/target.h"

namespace perdure::fuzz {

// "PDC", a length, that many bytes. The fault: it believes the length.
Outcome canary(ByteSpan input) {
    constexpr std::array magic{'P', 'D', 'C'};
    for (std::size_t index = 0; index < magic.size(); ++index) {
        if (input.size() <= index || static_cast<char>(input[index]) != magic[index]) {
            return Outcome::refused;
        }
    }
    if (input.size() < magic.size() + 1) return Outcome::refused;
    const auto length = std::to_integer<std::size_t>(input[magic.size()]);
    std::vector<std::byte> copy(length);
    if (length != 0) std::memcpy(copy.data(), input.data() + magic.size() + 1, length);
    return Outcome::taken;
}

}  // namespace perdure::fuzz
