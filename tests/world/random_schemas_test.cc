// Random sequences of schema versions over random rows, with crashes and reopenings, against a
// plain model: a map of rows by field.
#include <algorithm>
#include <map>

#include "base/random.h"
#include "base/test_run.h"
#include "world/home.h"

namespace perdure {
namespace {

enum class FieldType : std::uint8_t { narrow, wide, text };

// A field of the program as it is now, and what it has been called.
struct RandomField {
    std::string name;
    FieldType type;
    std::int64_t initial;
    bool nullable = false;
    bool fresh = true;  // no world has had it yet
};

// What the world must hold: fields by name, as text.
using ModelRow = std::map<std::string, std::string>;

class RandomProgram {
public:
    explicit RandomProgram(Random& random) : random_(random) { add_field(); }

    // A later version: adds, removes, renames, widens, converts or reorders.
    void evolve() {
        for (RandomField& field : fields_) field.fresh = false;
        for (auto changes = 1 + random_.below(3); changes > 0; --changes) change();
    }
    [[nodiscard]] Schema schema() const {
        Schema schema;
        TableBuilder& table = schema.table("things");
        table.key<std::uint64_t>("id");
        for (const RandomField& field : fields_) {
            ColumnType type{ColumnKind::i16, ColumnKind::u8, 0};
            if (field.type == FieldType::wide) type.kind = ColumnKind::i64;
            if (field.type == FieldType::text) type.kind = ColumnKind::text;
            ColumnOptions options;
            if (!field.nullable)
                options.default_value = value(field, std::to_string(field.initial));
            table.column(field.name, type, field.nullable, options);
        }
        for (const auto& [from, to] : renames_) {
            if (leads_to_a_field(to)) schema.renamed_field("things", from, to);
        }
        for (const RandomField& field : fields_) {
            if (field.type != FieldType::text || !field.nullable) continue;
            schema.convert<std::optional<std::int64_t>, std::optional<std::string>>(
                "things", field.name, [](const std::optional<std::int64_t>& number) {
                    return Result<std::optional<std::string>>(
                        number ? std::optional(std::to_string(*number)) : std::nullopt);
                });
        }
        return schema;
    }
    // A put of this row, some fields left out.
    Row row(std::uint64_t id) {
        Row cells{{"id", id}};
        ModelRow& model = rows_[id];
        for (const RandomField& field : fields_) {
            std::string now;
            if (field.nullable && random_.chance(1, 4)) {
                now = "null";
                cells.push_back({field.name, Value()});
            } else {
                now = std::to_string(static_cast<std::int64_t>(random_.below(1000)) - 500);
                cells.push_back({field.name, value(field, now)});
            }
            model[field.name] = now;
        }
        return cells;
    }
    void erase(std::uint64_t id) { rows_.erase(id); }

    [[nodiscard]] Rows expected() const {
        Rows all;
        for (const auto& [id, model] : rows_) {
            std::string text = std::to_string(id);
            for (const RandomField& field : fields_) text += " " + model.at(field.name);
            all.push_back(text);
        }
        return all;
    }

private:
    static Value value(const RandomField& field, const std::string& text) {
        return field.type == FieldType::text ? Value(text)
                                             : Value(static_cast<std::int64_t>(std::stoll(text)));
    }
    // The rest of a chain may be gone with its field.
    [[nodiscard]] bool leads_to_a_field(std::string name) const {
        for (std::size_t step = 0; step <= renames_.size(); ++step) {
            if (std::any_of(fields_.begin(), fields_.end(),
                            [&](const RandomField& field) { return field.name == name; })) {
                return true;
            }
            const auto next = std::find_if(renames_.begin(), renames_.end(),
                                           [&](const auto& one) { return one.first == name; });
            if (next == renames_.end()) return false;
            name = next->second;
        }
        return false;
    }
    void add_field() {
        RandomField field;
        field.name = "f" + std::to_string(next_name_++);
        field.type = static_cast<FieldType>(random_.below(3));
        field.initial = static_cast<std::int64_t>(random_.below(100));
        field.nullable = random_.chance(1, 4);
        for (auto& [id, model] : rows_) {
            model[field.name] = field.nullable ? "null" : std::to_string(field.initial);
        }
        const auto place = static_cast<std::ptrdiff_t>(random_.below(fields_.size() + 1));
        fields_.insert(fields_.begin() + place, field);
    }
    void change() {
        const std::size_t at = fields_.empty() ? 0 : random_.below(fields_.size());
        const auto what = fields_.empty() ? 0 : random_.below(7);
        switch (what) {
            case 0: return add_field();
            case 1: {
                for (auto& [id, model] : rows_) model.erase(fields_[at].name);
                fields_.erase(fields_.begin() + static_cast<std::ptrdiff_t>(at));
                return;
            }
            case 2: {
                const std::string old = fields_[at].name;
                fields_[at].name = "f" + std::to_string(next_name_++);
                renames_.emplace_back(old, fields_[at].name);
                for (auto& [id, model] : rows_) {
                    auto node = model.extract(old);
                    node.key() = fields_[at].name;
                    model.insert(std::move(node));
                }
                return;
            }
            case 3:
                if (fields_[at].type == FieldType::narrow) fields_[at].type = FieldType::wide;
                return;
            case 4:
                if (fields_[at].type == FieldType::text || fields_[at].fresh) return;
                fields_[at].type = FieldType::text;
                fields_[at].nullable = true;
                return;
            case 5: fields_[at].nullable = fields_[at].nullable || !fields_[at].fresh; return;
            default: std::swap(fields_[at], fields_[random_.below(fields_.size())]); return;
        }
    }

    Random& random_;
    std::vector<RandomField> fields_;
    std::vector<std::pair<std::string, std::string>> renames_;
    std::map<std::uint64_t, ModelRow> rows_;
    int next_name_ = 0;
};

TEST(RandomSchemas, every_row_is_what_a_plain_model_says) {
    Random random(test_seed());
    for (auto worlds = test_share_of(6); worlds > 0; --worlds) {
        Home home;
        RandomProgram program(random);
        for (int life = 0; life < 12; ++life) {
            if (life > 0 && random.chance(2, 3)) program.evolve();
            home.know(program.schema());
            if (random.chance(1, 4)) {  // the opening itself is cut short
                home.files.inject({.kind = io::OperationKind::sync,
                                   .at = 1 + random.below(12),
                                   .from_then_on = true});
                if (home.try_open().ok()) home.crash();
                home.files.clear_faults();
            }
            home.open();
            ASSERT_TRUE(home.is_open());
            ASSERT_EQ(home.rows("things"), program.expected()) << "life " << life;
            for (auto puts = random.below(12); puts > 0; --puts) {
                const std::uint64_t id = random.below(10);
                if (random.chance(1, 5)) {
                    program.erase(id);
                    home.erase("things", {{"id", id}});
                } else {
                    home.put("things", program.row(id));
                }
                if (random.chance(1, 6)) home.drain();
            }
            ASSERT_EQ(home.rows("things"), program.expected()) << "life " << life;
            if (random.chance(1, 2)) {
                home.close();
            } else {
                home.crash();
            }
        }
    }
}

}  // namespace
}  // namespace perdure
