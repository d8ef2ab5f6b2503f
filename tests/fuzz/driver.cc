// Makes a fuzzer of one target: compiled once for each, with its name in PERDURE_FUZZ_TARGET.
#include <cstddef>
#include <cstdint>

#include "fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static_cast<void>(perdure::fuzz::PERDURE_FUZZ_TARGET(std::as_bytes(std::span(data, size))));
    return 0;
}
