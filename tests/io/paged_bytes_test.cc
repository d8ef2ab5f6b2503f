#include "io/paged_bytes.h"

#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"
#include "io/text_of.h"

namespace perdure::io {
namespace {

constexpr std::uint64_t page_bytes = PagedBytes::page_bytes;

TEST(PagedBytes, a_copy_does_not_follow_its_original) {
    PagedBytes original;
    original.write(0, as_bytes("one"));
    PagedBytes copy = original;
    original.write(1, as_bytes("NE"));
    copy.write(0, as_bytes("O"));
    EXPECT_EQ(text_of(original), "oNE");
    EXPECT_EQ(text_of(copy), "One");
}

TEST(PagedBytes, pages_never_written_take_no_space) {
    PagedBytes bytes;
    bytes.resize(100 * page_bytes);
    EXPECT_EQ(bytes.allocated_bytes(), 0u);
    bytes.write(7 * page_bytes + 1, as_bytes("x"));
    EXPECT_EQ(bytes.allocated_bytes(), page_bytes);
    bytes.resize(7 * page_bytes);
    EXPECT_EQ(bytes.allocated_bytes(), 0u);
}

TEST(PagedBytes, tells_how_much_fits_into_new_pages) {
    PagedBytes bytes;
    bytes.write(page_bytes, as_bytes("x"));
    EXPECT_EQ(bytes.writable_bytes(page_bytes, page_bytes, 0), page_bytes);
    EXPECT_EQ(bytes.writable_bytes(page_bytes + 10, page_bytes, 0), page_bytes - 10);
    EXPECT_EQ(bytes.writable_bytes(10, 3 * page_bytes, 1), 2 * page_bytes - 10);
    EXPECT_EQ(bytes.writable_bytes(10, 3 * page_bytes, 3), 3 * page_bytes);
    EXPECT_EQ(bytes.writable_bytes(0, 1, 0), 0u);
}

TEST(PagedBytes, sharing_takes_over_whole_pages) {
    PagedBytes from;
    from.write(0, as_bytes(std::string(3 * page_bytes, 'a')));
    PagedBytes to;
    to.write(0, as_bytes(std::string(page_bytes, 'b')));
    to.share(from, page_bytes + 5, page_bytes);
    EXPECT_EQ(text_of(to), std::string(page_bytes, 'b') + std::string(2 * page_bytes, 'a'));
    to.write(page_bytes, as_bytes("c"));
    EXPECT_EQ(text_of(from), std::string(3 * page_bytes, 'a'));
}

TEST(PagedBytes, random_use_of_copies_agrees_with_strings) {
    const std::uint64_t seed = test_seed();
    SCOPED_TRACE(seed);
    Random random(seed);
    std::vector<PagedBytes> actual(3);
    std::vector<std::string> expected(3);
    for (int step = 0; step < 3000; ++step) {
        const std::size_t which = random.below(3);
        switch (random.below(4)) {
            case 0: {
                const std::size_t other = random.below(3);
                actual[which] = actual[other];
                expected[which] = expected[other];
                break;
            }
            case 1: {
                const std::size_t size = random.below(5 * page_bytes);
                actual[which].resize(size);
                expected[which].resize(size);
                break;
            }
            default: {
                std::string bytes(random.range<std::size_t>(1, 2 * page_bytes), '\0');
                random.fill(std::as_writable_bytes(std::span(bytes)));
                const std::size_t offset = random.below(4 * page_bytes);
                actual[which].write(offset, as_bytes(bytes));
                if (expected[which].size() < offset + bytes.size()) {
                    expected[which].resize(offset + bytes.size());
                }
                expected[which].replace(offset, bytes.size(), bytes);
                break;
            }
        }
        ASSERT_TRUE(text_of(actual[which]) == expected[which]) << "step " << step;
    }
}

}  // namespace
}  // namespace perdure::io
