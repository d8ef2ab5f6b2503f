// text_of: all of some pages, as a test compares them.
#pragma once

#include <span>
#include <string>

#include <gtest/gtest.h>

#include "io/paged_bytes.h"

namespace perdure::io {

inline std::string text_of(const PagedBytes& bytes) {
    std::string text(bytes.size(), '?');
    EXPECT_EQ(bytes.read(0, std::as_writable_bytes(std::span(text))), text.size());
    return text;
}

}  // namespace perdure::io
