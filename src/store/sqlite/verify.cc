#include "store/sqlite/verify.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <sqlite3.h>

#include "base/assert.h"
#include "base/error.h"
#include "model/utf8.h"
#include "store/sqlite/checksum_vfs.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/log_mark.h"
#include "store/sqlite/log_survey.h"
#include "store/sqlite/page_checksum.h"
#include "store/sqlite/private_copy.h"
#include "store/sqlite/store_file.h"
#include "store/sqlite/table_sql.h"
#include "store/sqlite/world_tables.h"

namespace perdure::store::sqlite {
namespace {

constexpr std::uint64_t pages_at_once = 256;

// Of a page that it cannot read integrity_check speaks as of one that is wrong. All pages were
// there and whole when we read them.
bool tells_of_failed_read(std::string_view words) {
    if (words.find("failed to get page") != std::string_view::npos) return true;
    constexpr std::string_view unread = "unable to get the page. error code=";
    while (true) {
        const std::size_t at = words.find(unread);
        if (at == std::string_view::npos) return false;
        words.remove_prefix(at + unread.size());
        const std::string_view code = words.substr(0, words.find('\n'));
        if (code != std::to_string(SQLITE_CORRUPT) && code != std::to_string(SQLITE_IOERR_DATA)) {
            return true;
        }
    }
}

class Verifier {
public:
    Verifier(io::FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

    Status judge_log() {
        PERDURE_TAKE(StoreAtRest found, look_at_log(files_, path_));
        log_ = std::move(found.log);
        report_.log_frames = log_.committed_frames;
        report_.log_is_cut = !found.cut.what.empty();
        if (report_.log_is_cut) {
            add({path_ + "-wal", 0, found.cut.offset, found.cut.what});
        } else if (found.cut.is_all_copied) {
            note(text::format("{}-wal was being begun anew; the file has all that it held", path_));
        } else if (!log_.damage.empty()) {
            add({path_ + "-wal", 0, log_.damage_offset, log_.damage});
        }
        if (log_.tail_is_torn && !report_.log_is_cut) {
            note(text::format(
                "{}-wal ends in {} frames that were never committed, or lost their commit; "
                "the journal has what they held",
                path_, std::max<std::uint64_t>(log_.tail_frames, 1)));
        }
        return {};
    }

    Status judge_pages() {
        PERDURE_TAKE(const std::unique_ptr<io::File> file, files_.open(path_, {}));
        PERDURE_TAKE(const std::uint64_t bytes, file->size());
        std::vector<std::byte> buffer(pages_at_once * page_bytes);
        for (std::uint64_t offset = 0; offset < bytes; offset += buffer.size()) {
            PERDURE_TAKE(const std::size_t read, file->read_at(offset, buffer));
            judge_pages(offset, ByteSpan(buffer).first(read));
        }
        report_.pages = bytes / page_bytes;
        judge_missing_pages((bytes + page_bytes - 1) / page_bytes);
        if (waiting_ > 0) {
            note(text::format("{} pages of {} are half written; the log has them whole", waiting_,
                              path_));
        }
        return {};
    }

    // What only SQLite can judge: whether whole pages make a whole database, and ours.
    Status judge_content(const std::string& scratch) {
        PERDURE_TAKE(const std::string copy, copy_files(files_, path_, scratch));
        PERDURE_TAKE(const std::unique_ptr<ChecksumVfs> vfs,
                     ChecksumVfs::make(files_.sqlite_vfs()));
        copy_ = copy;
        const Status status = judge_copy({.path = copy, .vfs = vfs->name(), .write = true});
        if (status.ok()) return {};
        if (says_nothing_of_damage(status.code())) return told_of_original(status, copy_, path_);
        add_found(status);
        return {};
    }

    [[nodiscard]] bool sound() const noexcept { return report_.sound(); }

    StoreReport take() {
        PERDURE_ASSERT(report_.damages.size() <= report_.damage_count);
        PERDURE_ASSERT(report_.damages.empty() == report_.sound());
        return std::move(report_);
    }

private:
    void add(Damage damage) {
        ++report_.damage_count;
        if (report_.damages.size() < damages_listed_max)
            report_.damages.push_back(std::move(damage));
    }
    // What was met in the copy; most of it begins with the file's name, as the list does.
    void add_found(const Status& status) {
        std::string words = told_of_original(status.message(), copy_, path_);
        for (const char* between : {": ", " "}) {
            if (words.starts_with(path_ + between)) words.erase(0, (path_ + between).size());
        }
        add({path_, 0, 0, words});
    }
    void note(std::string words) { report_.notes.push_back(std::move(words)); }

    void judge_pages(std::uint64_t offset, ByteSpan bytes) {
        PERDURE_ASSERT(offset % page_bytes == 0);
        for (std::size_t at = 0; at < bytes.size(); at += page_bytes) {
            judge_page(offset + at,
                       bytes.subspan(at, std::min<std::size_t>(page_bytes, bytes.size() - at)));
        }
    }

    void judge_page(std::uint64_t offset, ByteSpan page) {
        const std::uint64_t number = offset / page_bytes + 1;
        if (page.size() == page_bytes && page_is_whole(page, number)) return;
        if (number == lock_page) {
            const bool is_blank = std::all_of(page.begin(), page.end(),
                                              [](std::byte b) { return b == std::byte{0}; });
            if (!is_blank)
                add({path_, number, offset, "the page that is never written is not empty"});
        } else if (log_.pages.contains(static_cast<std::uint32_t>(number))) {
            ++waiting_;  // a checkpoint was cut off; the next one writes it again
        } else if (page.size() < page_bytes) {
            add({path_, number, offset, "the file ends within the page"});
        } else {
            add({path_, number, offset, "the page is not what was written (its checksum differs)"});
        }
    }

    // Those that the log's last commit counts, and that neither the file nor the log has. A part of
    // a page at the file's end was judged with the others.
    void judge_missing_pages(std::uint64_t there) {
        std::uint64_t missing = 0;
        std::uint64_t first = 0;
        for (std::uint64_t page = there + 1; page <= log_.database_pages; ++page) {
            if (page == lock_page || log_.pages.contains(static_cast<std::uint32_t>(page)))
                continue;
            if (missing++ == 0) first = page;
        }
        if (missing == 0) return;
        add({path_, first, (first - 1) * page_bytes,
             text::format("the file ends before {} of the {} pages that the store has", missing,
                          log_.database_pages)});
    }

    Status judge_copy(const ConnectionOptions& options) {
        PERDURE_TAKE(Connection connection, Connection::open(options));
        PERDURE_TRY(check_file(connection));
        {
            PERDURE_TAKE(Statement select, connection.prepare(select_world_row()));
            PERDURE_TAKE(const WorldRow row, read_world_row(select));
            report_.world = row.world;
            report_.watermark = row.watermark;
        }
        PERDURE_TRY(judge_integrity(connection));
        return judge_tables(connection);
    }

    Status judge_integrity(Connection& connection) {
        PERDURE_TAKE(Statement check, connection.prepare(text::format("PRAGMA integrity_check({})",
                                                                      damages_listed_max)));
        for (;;) {
            PERDURE_TAKE(const bool is_row, check.step());
            if (!is_row) return {};
            const std::string_view words = check.text(0);
            if (tells_of_failed_read(words)) {
                return error(Code::io, "{}: integrity_check: {}", copy_, printable(words));
            }
            if (words != "ok") add({path_, 0, 0, "integrity_check: " + printable(words)});
        }
    }

    // Each definition has its table, with the columns it names.
    Status judge_tables(Connection& connection) {
        std::map<TableId, TableDefinition> in_force;
        PERDURE_TRY(read_definitions(connection, [&](const TableDefinition& definition) {
            in_force.insert_or_assign(definition.id, definition);
        }));
        for (const auto& [id, table] : in_force) {
            const Result<Statement> select = connection.prepare(scan_rows(table, table, false));
            if (!select.ok()) add_found(select.status());
        }
        return {};
    }

    io::FileSystem& files_;
    const std::string path_;
    std::string copy_;
    LogSurvey log_;
    StoreReport report_;
    std::uint64_t waiting_ = 0;
};

}  // namespace

bool says_nothing_of_damage(Code code) noexcept {
    return code == Code::unsupported || code == Code::io || code == Code::no_space;
}

Result<StoreReport> verify_store(io::FileSystem& files, const std::string& path,
                                 const std::string& scratch) {
    Verifier verifier(files, path);
    PERDURE_TRY(verifier.judge_log());
    PERDURE_TRY(verifier.judge_pages());
    // SQLite would only meet the same pages again.
    if (verifier.sound()) PERDURE_TRY(verifier.judge_content(scratch));
    return verifier.take();
}

}  // namespace perdure::store::sqlite
