#include "jobs/manifest.h"

#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "base/checksum.h"
#include "base/text.h"
#include "engine/world_directory.h"

namespace perdure::jobs {
namespace {

// The text block of docs/format/backup.md.
std::string example() {
    std::ifstream file(std::string(PERDURE_SOURCE_DIRECTORY) + "/docs/format/backup.md");
    std::ostringstream page;
    page << file.rdbuf();
    const std::string text = page.str();
    const std::size_t begin = text.find("```text\n") + 8;
    return text.substr(begin, text.find("```\n", begin) - begin);
}

std::string with_checksum(std::string text) {
    text += text::format("checksum {:016x}\n", checksum64(as_bytes(text)));
    return text;
}

std::string without_checksum(const std::string& text) {
    return text.substr(0, text.rfind("check"));
}

TEST(Manifest, is_what_its_page_says) {
    const auto read = decode_manifest(example());
    ASSERT_TRUE(read.ok()) << read.status().text();
    EXPECT_EQ(to_text(read->world), "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
    EXPECT_EQ(read->at.lsn, 4711U);
    EXPECT_EQ(read->at.epoch, 3U);
    EXPECT_EQ(read->at.chain.hex(), "00112233445566778899aabbccddeeff");
    EXPECT_EQ(read->at.tick, 4700U);
    EXPECT_EQ(read->taken_us, 1735689600000000);
    EXPECT_EQ(read->contents.digest.hex(), "ffeeddccbbaa99887766554433221100");
    EXPECT_EQ(read->contents.rows, 7U);
    EXPECT_EQ(read->contents.tables.size(), 3U);
    EXPECT_EQ(read->contents.tables.at("entity"), 5U);
    EXPECT_EQ(encode_manifest(*read), example());
}

TEST(Manifest, of_a_world_without_ticks_and_tables_comes_back) {
    Manifest manifest;
    manifest.taken_us = -1;
    const auto read = decode_manifest(encode_manifest(manifest));
    ASSERT_TRUE(read.ok()) << read.status().text();
    EXPECT_FALSE(read->at.tick);
    EXPECT_EQ(read->taken_us, -1);
    EXPECT_TRUE(read->contents.tables.empty());
}

// B-3.
TEST(Manifest, that_was_changed_anywhere_is_corrupt) {
    const std::string whole = example();
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        EXPECT_EQ(decode_manifest(changed).status().code(), Code::corrupt) << "byte " << at;
        EXPECT_EQ(decode_manifest(whole.substr(0, at)).status().code(), Code::corrupt)
            << at << " bytes";
    }
}

TEST(Manifest, of_a_newer_format_is_unsupported) {
    std::string newer = without_checksum(example());
    newer.replace(newer.find("backup 1"), 8, "backup 2");
    EXPECT_EQ(decode_manifest(with_checksum(newer)).status().code(), Code::unsupported);
}

// B-4.
TEST(Manifest, needs_every_line_once_and_no_other) {
    const std::string whole = without_checksum(example());
    ASSERT_TRUE(decode_manifest(with_checksum(whole)).ok());
    for (std::size_t begin = whole.find('\n') + 1; begin < whole.size();) {
        const std::size_t end = whole.find('\n', begin) + 1;
        const std::string line = whole.substr(begin, end - begin);
        if (!line.starts_with("table")) {
            const std::string less = whole.substr(0, begin) + whole.substr(end);
            EXPECT_EQ(decode_manifest(with_checksum(less)).status().code(), Code::corrupt) << line;
        }
        const std::string twice = whole.substr(0, end) + whole.substr(begin);
        EXPECT_EQ(decode_manifest(with_checksum(twice)).status().code(), Code::corrupt) << line;
        begin = end;
    }
    EXPECT_EQ(decode_manifest(with_checksum(whole + "more 1\n")).status().code(), Code::corrupt);
}

}  // namespace
}  // namespace perdure::jobs
