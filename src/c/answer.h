// Answers: how a function of the C interface ends. answer() runs its body, and tells the caller
// what came of it.
#pragma once

#include <string_view>

#include "perdure/c.h"
#include "perdure/status.h"

namespace perdure::c {

// Writes the status for the caller, if there is somewhere to write.
perdure_code tell(const Status& status, perdure_error* error) noexcept;

// `invalid` if it is null.
Status need(const void* pointer, std::string_view what);

// noexcept is the promise that nothing is thrown into C: what throws in here is bad_alloc.
template <typename Body>
perdure_code answer(perdure_error* error, Body&& body) noexcept {
    return tell(body(), error);
}

// The same for functions without a code.
template <typename Body>
auto give(Body&& body) noexcept {
    return body();
}

// Nothing is given out until all went well.
template <typename T>
void clear(T* given_out) noexcept {
    if (given_out != nullptr) *given_out = T{};
}

}  // namespace perdure::c
