#include "jobs/manifest.h"

#include <charconv>
#include <optional>

#include "base/checksum.h"
#include "base/error.h"
#include "base/utc.h"
#include "engine/world_directory.h"

namespace perdure::jobs {
namespace {

constexpr std::string_view manifest_title = "perdure backup 1\n";
constexpr std::string_view manifest_title_of_any = "perdure backup ";
constexpr std::string_view checksum_word = "checksum ";
constexpr std::uint64_t manifest_bytes_max = 4ULL << 20;  // ten thousand tables with long names

std::string checksum_text(std::string_view text) {
    return text::format("{:016x}", checksum64(as_bytes(text)));
}

// The lines of a manifest, in the order in which they must come.
class ManifestLines {
public:
    explicit ManifestLines(std::string_view text) : rest_(text) {}

    // What follows the word on the next line; nullopt if that is another line.
    std::optional<std::string_view> take(std::string_view word) {
        const std::size_t end = rest_.find('\n');
        if (end == std::string_view::npos || !rest_.starts_with(word)) return std::nullopt;
        if (rest_.size() <= word.size() || rest_[word.size()] != ' ') return std::nullopt;
        const std::string_view value = rest_.substr(word.size() + 1, end - word.size() - 1);
        rest_.remove_prefix(end + 1);
        return value;
    }
    template <typename T>
    bool number(std::string_view word, T& into, int base = 10) {
        const auto value = take(word);
        return value && parse(*value, into, base);
    }
    bool hash(std::string_view word, Hash128& into) {
        const auto value = take(word);
        return value && value->size() == 32 && parse(value->substr(0, 16), into.high, 16) &&
               parse(value->substr(16), into.low, 16);
    }
    bool uuid(std::string_view word, Uuid& into) {
        const auto value = take(word);
        if (!value) return false;
        std::string digits(*value);
        std::erase(digits, '-');
        if (digits.size() != 2 * into.bytes.size()) return false;
        for (std::size_t i = 0; i < into.bytes.size(); ++i) {
            unsigned byte = 0;
            if (!parse(std::string_view(digits).substr(2 * i, 2), byte, 16)) return false;
            into.bytes[i] = static_cast<std::byte>(byte);
        }
        return to_text(into) == *value;
    }
    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

    template <typename T>
    static bool parse(std::string_view digits, T& into, int base = 10) {
        const char* const end = digits.data() + digits.size();
        const auto [stopped, failure] = std::from_chars(digits.data(), end, into, base);
        return failure == std::errc() && stopped == end;
    }

private:
    std::string_view rest_;
};

// "12 trades"
bool take_table(std::string_view line, Contents& contents) {
    const std::size_t space = line.find(' ');
    std::uint64_t rows = 0;
    if (space == std::string_view::npos) return false;
    if (!ManifestLines::parse(line.substr(0, space), rows)) return false;
    return contents.tables.try_emplace(std::string(line.substr(space + 1)), rows).second;
}

}  // namespace

std::string encode_manifest(const Manifest& manifest) {
    const Watermark& at = manifest.at;
    std::string text(manifest_title);
    text += text::format("world {}\n", to_text(manifest.world));
    text += text::format("lsn {}\nepoch {}\nchain {}\n", at.lsn, at.epoch, at.chain.hex());
    text += text::format("tick {}\n", at.tick ? std::to_string(*at.tick) : "none");
    text += text::format("taken_us {}\n", manifest.taken_us);
    text += text::format("taken {}\n", utc_text(manifest.taken_us));
    text += text::format("digest {}\n", manifest.contents.digest.hex());
    text += text::format("rows {}\n", manifest.contents.rows);
    for (const auto& [name, rows] : manifest.contents.tables) {
        text += text::format("table {} {}\n", rows, name);
    }
    text += text::format("{}{}\n", checksum_word, checksum_text(text));
    return text;
}

Result<Manifest> decode_manifest(std::string_view text) {
    if (!text.starts_with(manifest_title_of_any)) {
        return error(Code::corrupt, "it is no manifest of a backup");
    }
    // The checksum comes first, so that a newer format is told from damage.
    const std::size_t last = text.rfind(checksum_word);
    const bool whole = last != std::string_view::npos &&
                       text.substr(last) == text::format("{}{}\n", checksum_word,
                                                         checksum_text(text.substr(0, last)));
    if (!whole) return error(Code::corrupt, "its checksum does not match");
    if (!text.starts_with(manifest_title)) {
        return error(Code::unsupported, "it is in a newer format ({}); use the newer program",
                     text.substr(0, text.find('\n')));
    }
    Manifest manifest;
    ManifestLines lines(text.substr(manifest_title.size(), last - manifest_title.size()));
    bool good = lines.uuid("world", manifest.world) && lines.number("lsn", manifest.at.lsn) &&
                lines.number("epoch", manifest.at.epoch) && lines.hash("chain", manifest.at.chain);
    const auto tick = lines.take("tick");
    good = good && tick;
    if (good && *tick != "none") good = ManifestLines::parse(*tick, manifest.at.tick.emplace());
    good = good && lines.number("taken_us", manifest.taken_us) && lines.take("taken") &&
           lines.hash("digest", manifest.contents.digest) &&
           lines.number("rows", manifest.contents.rows);
    while (good && !lines.at_end()) {
        const auto table = lines.take("table");
        good = table && take_table(*table, manifest.contents);
    }
    if (!good) return error(Code::corrupt, "its lines are not those of a manifest");
    return manifest;
}

Result<Manifest> read_manifest(io::FileSystem& files, const std::string& directory) {
    const std::string path = io::join_path(directory, manifest_name);
    PERDURE_TAKE(const bool there, files.exists(path));
    if (!there) {
        return error(Code::not_found,
                     "{}: there is no backup here (no file '{}'): it is something else, or a "
                     "backup that was never finished; choose another one",
                     directory, manifest_name);
    }
    PERDURE_TAKE(const std::string text, io::read_file(files, path, manifest_bytes_max));
    auto manifest = decode_manifest(text);
    if (manifest.ok()) return manifest;
    return error(manifest.status().code(), "{}: {}", path, manifest.status().message());
}

BackupReport report_of(const Manifest& manifest) {
    return {.world = to_text(manifest.world),
            .lsn = manifest.at.lsn,
            .tick = manifest.at.tick,
            .digest = manifest.contents.digest.hex(),
            .rows = manifest.contents.rows};
}

}  // namespace perdure::jobs
