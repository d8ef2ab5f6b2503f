#include "model/utf8.h"

#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"

namespace perdure {
namespace {

using namespace std::string_literals;

// The definition in words, byte by byte, to compare with.
bool is_text_slowly(const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = [&](std::size_t offset) {
            return at + offset < text.size() ? static_cast<unsigned char>(text[at + offset]) : 0U;
        };
        const unsigned lead = byte(0);
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        if (lead == 0 || (lead >= 0x80 && lead < 0xC0) || lead >= 0xF8) return false;
        std::uint32_t code = length == 1 ? lead : lead & (0x7FU >> length);
        for (std::size_t offset = 1; offset < length; ++offset) {
            if ((byte(offset) & 0xC0U) != 0x80) return false;
            code = code << 6 | (byte(offset) & 0x3FU);
        }
        const std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
            return false;
        at += length;
    }
    return true;
}

TEST(Utf8, takes_plain_and_accented_text) {
    EXPECT_TRUE(is_text(""));
    EXPECT_TRUE(is_text("a"));
    EXPECT_TRUE(is_text("\x01\x7F"));
    EXPECT_TRUE(is_text("häuser für 5 € und 𝄞"));
    EXPECT_TRUE(is_text("\xF4\x8F\xBF\xBF"));  // U+10FFFF, the last
}

TEST(Utf8, refuses_nul_wherever_it_stands) {
    for (std::size_t length = 1; length < 80; ++length) {
        for (std::size_t at = 0; at < length; ++at) {
            std::string text(length, 'x');
            EXPECT_TRUE(is_text(text));
            text[at] = '\0';
            EXPECT_FALSE(is_text(text)) << length << " " << at;
            EXPECT_FALSE(is_ascii_text(text));
        }
    }
}

TEST(Utf8, refuses_what_is_not_utf8) {
    EXPECT_FALSE(is_text("\x80"));              // a continuation alone
    EXPECT_FALSE(is_text("\xC3"));              // cut
    EXPECT_FALSE(is_text("\xE2\x82"));          // cut
    EXPECT_FALSE(is_text("\xF0\x9D\x84"));      // cut
    EXPECT_FALSE(is_text("\xC3q"));             // no continuation
    EXPECT_FALSE(is_text("\xC0\xAF"));          // overlong /
    EXPECT_FALSE(is_text("\xC1\xBF"));          // overlong
    EXPECT_FALSE(is_text("\xE0\x9F\xBF"));      // overlong
    EXPECT_FALSE(is_text("\xF0\x8F\xBF\xBF"));  // overlong
    EXPECT_FALSE(is_text("\xED\xA0\x80"));      // a surrogate
    EXPECT_FALSE(is_text("\xED\xBF\xBF"));      // a surrogate
    EXPECT_FALSE(is_text("\xF4\x90\x80\x80"));  // above U+10FFFF
    EXPECT_FALSE(is_text("\xF5\x80\x80\x80"));
    EXPECT_FALSE(is_text("\xFF"));
    EXPECT_FALSE(is_text("valid for a long while, and then \xC0\xAF"));
}

TEST(Utf8, ascii_is_bytes_1_to_127) {
    EXPECT_TRUE(is_ascii_text(""));
    EXPECT_TRUE(is_ascii_text("\x01 forty bytes of ascii, and then some \x7F"));
    EXPECT_FALSE(is_ascii_text("é"));
    EXPECT_FALSE(is_ascii_text("a\0b"s));
}

TEST(Utf8, agrees_with_the_definition_on_random_bytes) {
    Random random(test_seed());
    const unsigned char bytes[] = {'a',  'z',  0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1,
                                   0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0x00};
    int good = 0;
    for (int round = 0; round < 200'000; ++round) {
        std::string text(random.below(3) * 9, 'a');
        for (auto left = random.below(6); left > 0; --left) {
            text += static_cast<char>(bytes[random.below(sizeof bytes)]);
        }
        ASSERT_EQ(is_text(text), is_text_slowly(text)) << testing::PrintToString(text);
        good += is_text(text) ? 1 : 0;
    }
    EXPECT_GT(good, 1000);
    EXPECT_LT(good, 199'000);
}

TEST(Utf8, what_a_terminal_would_obey_is_printed_as_its_number) {
    EXPECT_EQ(printable("häuser für 5 € und 𝄞"), "häuser für 5 € und 𝄞");
    EXPECT_EQ(printable("a\tb\x1B[2J\x7F"), "a\\x09b\\x1b[2J\\x7f");
    EXPECT_EQ(printable("\xC2\x9B[2J\xC2\xA0"), "\\xc2\\x9b[2J\xC2\xA0");  // CSI, in two bytes
    EXPECT_EQ(printable("a\0b"s), "a\\x00b");
    EXPECT_EQ(printable("\xE2\x82"), "\\xe2\\x82");  // cut
}

}  // namespace
}  // namespace perdure
