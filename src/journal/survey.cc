#include "journal/survey.h"

#include <algorithm>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "journal/file_header.h"
#include "journal/file_name.h"
#include "journal/file_reader.h"
#include "journal/group.h"

namespace perdure::journal {
namespace {

// Whether the D bytes behind the headers are what the header says.
Result<bool> definitions_hold(FileReader& reader, const FileHeader& header) {
    PERDURE_TAKE(const ByteSpan bytes, reader.read(headers_bytes, header.definitions_bytes));
    return bytes.size() == header.definitions_bytes &&
           checksum64(bytes) == header.definitions_checksum;
}

Status look_into(FileReader& reader, FileFound& found) {
    if (found.bytes < headers_bytes) {
        found.cut_short = true;
        found.remark = text::format("only {} bytes, less than its header", found.bytes);
        return {};
    }
    PERDURE_TAKE(const ByteSpan headers, reader.read(0, headers_bytes));
    HeaderFound head = read_file_header(headers);
    found.header = head.header;
    found.remark = head.remark;
    if (reader.unreadable(0, headers_bytes)) {
        // A copy that is zero says that the header was never flushed; then the other one is no
        // loss.
        const bool none =
            is_zero(headers.first(block_bytes)) || is_zero(headers.subspan(block_bytes));
        found.unreadable = head.state == HeaderFound::State::invalid && !none;
        found.remark += "; the disk could not read all of the header";
    }
    switch (head.state) {  // untaken: a state without a name
        case HeaderFound::State::newer: found.state = FileFound::State::newer; return {};
        case HeaderFound::State::zero: found.state = FileFound::State::prepared; return {};
        case HeaderFound::State::invalid: found.state = FileFound::State::headless; return {};
        case HeaderFound::State::valid: break;
    }
    found.attested = found.header.durable_lsn;
    // Files have their full size before they have their number.
    found.cut_short = found.bytes < found.header.file_bytes;
    PERDURE_TAKE(const bool hold, definitions_hold(reader, found.header));
    if (hold) {
        found.state = FileFound::State::used;
    } else {
        found.unreadable = reader.unreadable(headers_bytes, found.header.definitions_bytes);
        found.remark = "the definitions behind its header do not match their checksum";
    }
    if (found.cut_short) {
        found.remark =
            text::format("only {} of its {} bytes are there", found.bytes, found.header.file_bytes);
    }
    return {};
}

class Surveyor {
public:
    Surveyor(io::FileSystem& files, const std::string& directory, const std::optional<Uuid>& world)
        : files_(files), directory_(directory), world_(world) {}

    Result<Survey> run() {
        PERDURE_TAKE(const bool exists, files_.exists(directory_));
        if (!exists) return std::move(survey_);
        PERDURE_TAKE(const std::vector<std::string> names, files_.list(directory_));
        for (const std::string& name : names) PERDURE_TRY(take_name(name));
        std::sort(
            survey_.files.begin(), survey_.files.end(),
            [](const auto& left, const auto& right) { return left.sequence < right.sequence; });
        for (std::size_t index = 0; index < survey_.files.size(); ++index) judge_header(index);
        for (std::size_t index = 1; index < survey_.used.size(); ++index) check_link(index);
        check_tail();
        number_next_file();
        return std::move(survey_);
    }

private:
    Status take_name(const std::string& name) {
        if (parse_spare_name(name)) {
            survey_.spares.push_back(name);
            return {};
        }
        const auto sequence = parse_file_name(name);
        if (!sequence || *sequence == 0) {
            survey_.remarks.push_back(
                text::format("{}: not a file of ours", io::join_path(directory_, name)));
            return {};
        }
        FileFound found;
        found.sequence = *sequence;
        found.path = io::join_path(directory_, name);
        auto reader = FileReader::open(files_, found.path, FileReader::peek_bytes);
        if (reader.status().code() == Code::not_found) return {};  // trimmed by an owner just now
        if (!reader) return reader.status();
        found.bytes = reader->file_bytes();
        PERDURE_TRY(look_into(*reader, found));
        if (!found.remark.empty()) {
            survey_.remarks.push_back(text::format("{}: {}", found.path, found.remark));
        }
        survey_.files.push_back(std::move(found));
        return {};
    }

    void trouble(bool Predicates::*predicate, const FileFound& file, std::string_view what) {
        survey_.predicates.*predicate = true;
        if (survey_.trouble.empty()) survey_.trouble = text::format("{}: {}", file.path, what);
    }

    void judge_header(std::size_t index) {
        const FileFound& file = survey_.files[index];
        if (file.state == FileFound::State::newer) {
            trouble(&Predicates::newer, file, file.remark);
            return;
        }
        if (file.unreadable) trouble(&Predicates::unreadable, file, file.remark);
        // Its definitions may never have been flushed; what was durable before it is so all the
        // same.
        const bool ours =
            (!world_ || file.header.world == *world_) && file.header.sequence == file.sequence;
        if (ours && !seeded_bug("journal: a header without its definitions attests nothing"))
            survey_.attested = std::max(survey_.attested, file.attested);
        if (file.state != FileFound::State::used) return;
        if (world_ && file.header.world != *world_) {
            trouble(&Predicates::foreign, file, "it belongs to another world");
        } else if (file.header.sequence != file.sequence) {
            trouble(&Predicates::missing, file,
                    text::format("it is file {:016x} under another name", file.header.sequence));
        } else {
            survey_.used.push_back(index);
            survey_.epoch = std::max(survey_.epoch, file.header.epoch);
            if ((file.header.ro_compat & ~ro_compat_known) != 0) survey_.write_refused = true;
        }
    }

    // J-4.
    void check_link(std::size_t index) {
        const FileFound& before = survey_.used_file(index - 1);
        const FileFound& file = survey_.used_file(index);
        PERDURE_ASSERT(before.sequence < file.sequence);
        switch (link_between(before, file)) {  // untaken: a link without a name
            case Link::whole: break;
            case Link::other_file:
                trouble(&Predicates::missing, file,
                        text::format("it follows file {:016x}, but the one before it is {:016x}",
                                     file.header.previous_file, before.sequence));
                break;
            case Link::cut_short:
                trouble(&Predicates::missing, before,
                        text::format("only {} of the {} bytes that its successor knows of",
                                     before.bytes, file.header.previous_bytes));
                break;
            case Link::out_of_order:
                trouble(&Predicates::missing, file,
                        text::format("it claims to come before file {:016x}", before.sequence));
                break;
        }
    }

    // Behind the newest used file: headless ones without a hole, then prepared ones.
    void check_tail() {
        std::uint64_t expected = 0;
        std::size_t index = 0;
        if (!survey_.used.empty()) {
            const FileFound& last = survey_.used_file(survey_.used.size() - 1);
            if (last.cut_short) trouble(&Predicates::missing, last, last.remark);
            expected = last.sequence;
            index = survey_.used.back() + 1;
        }
        for (; index < survey_.files.size(); ++index) {
            const FileFound& file = survey_.files[index];
            if (file.sequence != ++expected) {
                trouble(&Predicates::missing, file,
                        text::format("file {:016x} before it is missing", expected));
                return;
            }
            if (file.state == FileFound::State::prepared) return;
            if (file.cut_short) trouble(&Predicates::missing, file, file.remark);
        }
    }

    void number_next_file() {
        for (const FileFound& file : survey_.files) {
            if (file.state != FileFound::State::prepared) survey_.next_file = file.sequence + 1;
        }
        const bool unused = survey_.next_file == 1 && !survey_.files.empty();
        if (unused) survey_.next_file = survey_.files.front().sequence;
        // What was written to is never written again.
        PERDURE_ASSERT(survey_.used.empty() ||
                       survey_.next_file > survey_.used_file(survey_.used.size() - 1).sequence);
    }

    io::FileSystem& files_;
    const std::string& directory_;
    const std::optional<Uuid>& world_;
    Survey survey_;
};

}  // namespace

Link link_between(const FileFound& before, const FileFound& file) noexcept {
    const FileHeader& header = file.header;
    if (header.previous_file != before.sequence) return Link::other_file;
    if (before.bytes < header.previous_bytes) return Link::cut_short;
    const bool falls = header.epoch < before.header.epoch ||
                       header.first_lsn < before.header.first_lsn ||
                       header.first_group < before.header.first_group ||
                       header.previous_bytes < before.header.groups_offset();
    return falls ? Link::out_of_order : Link::whole;
}

Result<Survey> survey(io::FileSystem& files, const std::string& directory,
                      const std::optional<Uuid>& world) {
    return Surveyor(files, directory, world).run();
}

}  // namespace perdure::journal
