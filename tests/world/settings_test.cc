#include "world/settings.h"

#include "model/utf8.h"
#include "world/home.h"

namespace perdure {
namespace {

class SettingsTest : public testing::Test {
protected:
    Status apply(std::string_view text) {
        return apply_settings(text, "shard7/perdure.toml", options_, categories_);
    }
    void accept(std::string_view text) {
        const Status applied = apply(text);
        ASSERT_TRUE(applied.ok()) << applied.text();
    }
    // The line that is refused; 0: nothing is.
    int refused_line(std::string_view text) {
        const Status applied = apply(text);
        if (applied.ok()) return 0;
        EXPECT_EQ(applied.code(), Code::invalid);
        const std::string message(applied.message());
        EXPECT_EQ(message.find("shard7/perdure.toml:"), 0u) << message;
        return std::stoi(message.substr(std::string("shard7/perdure.toml:").size()));
    }
    const Category& category(std::string_view name) {
        for (const Category& one : categories_) {
            if (one.name == name) return one;
        }
        ADD_FAILURE() << "no category " << name;
        return categories_.front();
    }

    WorldOptions options_;
    std::vector<Category> categories_{Category{}, {.name = "economy", .interval_ms = 300}};
};

TEST_F(SettingsTest, an_empty_file_changes_nothing) {
    accept("");
    accept("# nothing but words\n\n");
    EXPECT_EQ(categories_.size(), 2u);
    EXPECT_EQ(options_.journal_bytes_max, WorldOptions().journal_bytes_max);
}

TEST_F(SettingsTest, every_limit_can_be_set) {
    accept(R"([limits]
        journal_bytes_max = 8_589_934_592
        journal_file_bytes = 1048576
        journal_first_file_bytes = 32768
        journal_files_ahead = 3
        pending_bytes_max = 4
        index_bytes_max = 5
        drain_interval_ms = 6
        drain_bytes = 7)");
    EXPECT_EQ(options_.journal_bytes_max, 8'589'934'592u);
    EXPECT_EQ(options_.journal_file_bytes, 1'048'576u);
    EXPECT_EQ(options_.journal_first_file_bytes, 32'768u);
    EXPECT_EQ(options_.journal_files_ahead, 3u);
    EXPECT_EQ(options_.pending_bytes_max, 4u);
    EXPECT_EQ(options_.index_bytes_max, 5u);
    EXPECT_EQ(options_.drain_interval_ms, 6u);
    EXPECT_EQ(options_.drain_bytes, 7u);
}

TEST_F(SettingsTest, every_part_of_a_category_can_be_set) {
    accept(R"([category.economy]
        durability = "stored"
        interval_ms = 500
        consistency = "strict"
        retention = "keep")");
    EXPECT_EQ(category("economy").durability, Level::stored);
    EXPECT_EQ(category("economy").interval_ms, 500u);
    EXPECT_EQ(category("world"), Category{}) << "others are as they were";
}

TEST_F(SettingsTest, every_level_has_its_word) {
    for (const Level level : {Level::ephemeral, Level::relaxed, Level::journal, Level::stored}) {
        accept(text::format("[category.world]\ndurability = \"{}\"", level_name(level)));
        EXPECT_EQ(category("world").durability, level);
    }
}

TEST_F(SettingsTest, what_is_not_named_stays) {
    accept("[category.economy]\ndurability = \"relaxed\"");
    EXPECT_EQ(category("economy").interval_ms, 300u);
}

TEST_F(SettingsTest, a_category_of_the_persons_own_is_added) {
    accept("[category.new]\ndurability = \"relaxed\"");
    EXPECT_EQ(categories_.size(), 3u);
    EXPECT_EQ(category("new").durability, Level::relaxed);
}

TEST_F(SettingsTest, what_is_not_toml_is_refused) {
    EXPECT_EQ(refused_line("[limits]\n\njournal_bytes_max == 5"), 3);
    EXPECT_EQ(refused_line("[limits\n"), 1);
}

// toml++ 3.3 asserts there, and so ended the program.
TEST_F(SettingsTest, a_table_without_a_name_is_refused_and_ends_nothing) {
    for (const char* header : {"[=]", "[,", "[\n", "[ !]", "[[=]]", "[[ !", "[\x01", "[\xFF"}) {
        EXPECT_EQ(refused_line(text::format("\n{}", header)), 2) << header;
    }
    EXPECT_EQ(refused_line(std::string_view("[\0a]", 4)), 1);
}

// toml++ 3.3 reaches what it declares unreachable there.
TEST_F(SettingsTest, letters_that_are_not_ascii_stand_in_comments_only) {
    EXPECT_EQ(refused_line("# h\u00e9\n[limits]  # \u00e9 \" \u00e9\ndrain_bytes = 5"), 0);
    EXPECT_EQ(refused_line("\xEF\xBB\xBF[limits]\ndrain_bytes = 5"), 0);
    EXPECT_EQ(refused_line("\n\u00e9 = 5"), 2);
    EXPECT_EQ(refused_line("\nW\uFEFE = 5"), 2);
    EXPECT_EQ(refused_line("\n\"a\".\u00e9 = 5"), 2);
    EXPECT_EQ(refused_line("\n[\u00e9]"), 2);
    EXPECT_EQ(refused_line("\n'\u00e9' = 5"), 2);
    EXPECT_EQ(refused_line("\n[limits]\ndrain_bytes = 9\"\"\"\"b\"\u03b1\""), 3);
}

TEST_F(SettingsTest, words_that_are_not_known_are_refused) {
    EXPECT_EQ(refused_line("\n[limit]\nx = 1"), 2);
    EXPECT_EQ(refused_line("\n\nfast = true"), 3);
    EXPECT_EQ(refused_line("[limits]\njournal_megabytes = 5"), 2);
    EXPECT_EQ(refused_line("[category.economy]\n\ndurable = \"stored\""), 3);
    EXPECT_EQ(refused_line("[category.economy]\ndurability = \"forever\""), 2);
}

TEST_F(SettingsTest, values_of_another_kind_are_refused) {
    EXPECT_EQ(refused_line("limits = 5"), 1);
    EXPECT_EQ(refused_line("[limits]\ndrain_bytes = \"many\""), 2);
    EXPECT_EQ(refused_line("[limits]\ndrain_bytes = 1.5"), 2);
    EXPECT_EQ(refused_line("[limits]\ndrain_bytes = 1.0"), 2);
    EXPECT_EQ(refused_line("[limits]\ndrain_bytes = true"), 2);
    EXPECT_EQ(refused_line("[category]\neconomy = 5"), 2);
    EXPECT_EQ(refused_line("[category.economy]\ndurability = 3"), 2);
    EXPECT_EQ(refused_line("[category.economy]\nretention = 3"), 2);
    EXPECT_EQ(refused_line("[category.economy]\nconsistency = []"), 2);
    EXPECT_EQ(refused_line("[category.economy]\ninterval_ms = \"1000\""), 2);
}

TEST_F(SettingsTest, numbers_out_of_range_are_refused) {
    for (const char* name : {"journal_bytes_max", "journal_file_bytes", "journal_first_file_bytes",
                             "journal_files_ahead", "pending_bytes_max", "index_bytes_max",
                             "drain_interval_ms", "drain_bytes"}) {
        EXPECT_EQ(refused_line(text::format("[limits]\n{} = 0", name)), 2) << name;
        EXPECT_EQ(refused_line(text::format("[limits]\n{} = -1", name)), 2) << name;
    }
    EXPECT_EQ(refused_line("[limits]\ndrain_interval_ms = 4294967296"), 2);
    EXPECT_EQ(refused_line("[limits]\ndrain_interval_ms = 4294967295"), 0);
    for (const char* interval : {"0", "-1", "60001"}) {
        EXPECT_EQ(refused_line(text::format("[category.economy]\ninterval_ms = {}", interval)), 2);
    }
    EXPECT_EQ(refused_line("[category.economy]\ninterval_ms = 60000"), 0);
}

TEST_F(SettingsTest, policies_that_are_not_enforced_are_refused) {
    EXPECT_EQ(refused_line("\n[category.economy]\nconsistency = \"eventual\""), 2);
    EXPECT_EQ(refused_line("\n[category.economy]\nretention = \"a week\""), 2);
}

TEST_F(SettingsTest, names_that_cannot_be_are_refused) {
    EXPECT_EQ(refused_line("[category.\"no spaces\"]\ndurability = \"stored\""), 1);
}

TEST_F(SettingsTest, what_is_refused_is_shown_without_control_characters) {
    for (const char* text : {"\"\\u001b[2J\" = 5", "[limits]\n\"\\u009b[2J\" = 5",
                             "[category.economy]\n\"\\u0007\" = \"x\"",
                             "[category.economy]\ndurability = \"\\u001b[2J\"",
                             "[category.economy]\nretention = \"\\u007f\""}) {
        const Status status = apply(text);
        ASSERT_EQ(status.code(), Code::invalid) << text;
        EXPECT_EQ(printable(status.message()), status.message()) << text;
    }
}

// In a world's directory.
class SettingsFile : public OnDisk {
protected:
    void SetUp() override {
        OnDisk::SetUp();
        home_.close();
    }
    Status open_with(std::string_view text) {
        const Status written =
            io::replace_file(home_.disk, home_.directory(), "perdure.toml", as_bytes(text));
        EXPECT_TRUE(written.ok()) << written.text();
        return home_.try_open();
    }
};

TEST_F(SettingsFile, overrides_what_the_program_says) {
    ASSERT_TRUE(open_with("[category.economy]\ndurability = \"journal\"").ok());
    Transaction transaction = home_->begin();
    ASSERT_TRUE(transaction.put("ledger", {{"id", 1u}}).ok());
    EXPECT_EQ(transaction.commit()->level(), Level::journal);
}

TEST_F(SettingsFile, sets_limits) {
    ASSERT_TRUE(open_with("[limits]\nindex_bytes_max = 1000").ok());
    home_.put("counters", {{"id", 1u}});
    EXPECT_EQ(home_.try_put("counters", {{"id", 2u}}).code(), Code::busy);
}

TEST_F(SettingsFile, makes_a_table_ephemeral_and_durable_again) {
    ASSERT_TRUE(open_with("[category.world]\ndurability = \"ephemeral\"").ok());
    home_.put("counters", {{"id", 1u}});
    home_.crash();
    ASSERT_TRUE(open_with("").ok());
    EXPECT_EQ(home_.rows("counters"), Rows{});
    home_.put("counters", {{"id", 1u}});
    home_.crash();
    home_.open();
    EXPECT_EQ(home_.rows("counters"), Rows{"1 0"});
}

TEST_F(SettingsFile, that_is_wrong_keeps_the_world_closed_and_is_named_with_its_line) {
    const Status refused = open_with("[limits]\n\nfast = 1");
    EXPECT_EQ(refused.code(), Code::invalid);
    EXPECT_NE(refused.message().find("perdure.toml:3"), std::string::npos) << refused.text();
    EXPECT_TRUE(open_with("").ok());
}

TEST_F(SettingsFile, whose_limits_contradict_each_other_keeps_the_world_closed) {
    EXPECT_EQ(open_with("[limits]\njournal_file_bytes = 1000").code(), Code::invalid);
    EXPECT_EQ(open_with("[limits]\njournal_bytes_max = 1048576").code(), Code::invalid);
    EXPECT_EQ(open_with("[limits]\njournal_first_file_bytes = 1000").code(), Code::invalid);
    EXPECT_EQ(open_with("[limits]\njournal_first_file_bytes = 40000").code(), Code::invalid);
    EXPECT_EQ(open_with("[limits]\njournal_files_ahead = 1000").code(), Code::invalid);
    EXPECT_TRUE(open_with("").ok());
}

TEST_F(SettingsFile, that_is_no_settings_file_at_all_is_refused) {
    EXPECT_EQ(open_with(std::string(2 << 20, '#')).code(), Code::corrupt) << "too large";
    EXPECT_FALSE(open_with(std::string("\0\xFF\n[", 4)).ok());
}

// The categories in force are kept with the world, for tools that do not have the program.
TEST_F(SettingsFile, what_is_in_force_is_kept_with_the_world) {
    ASSERT_TRUE(open_with("[category.economy]\ndurability = \"relaxed\"\ninterval_ms = 700").ok());
    EXPECT_EQ(home_.rows("_categories"),
              (Rows{"economy relaxed strict keep 700", "fleeting ephemeral strict keep 1000",
                    "slow relaxed strict keep 1000", "world journal strict keep 1000"}));
    home_.reopen();
    const std::uint64_t lsn = home_->health().accepted_lsn;
    home_.reopen();
    EXPECT_EQ(home_->health().accepted_lsn, lsn) << "nothing is written if nothing changed";
}

}  // namespace
}  // namespace perdure
