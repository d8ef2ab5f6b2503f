#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "journal/file_name.h"
#include "journal/file_reader.h"
#include "journal/recovery.h"

namespace perdure::journal {

// Copies, never moves: the journal file stays as it is. The name tells where the bytes were, so
// that doing it again after a crash gives the same file.
Status quarantine_torn(io::FileSystem& files, const std::string& directory,
                       const std::string& quarantine, const Findings& findings) {
    if (findings.ending != Ending::torn || findings.torn.bytes == 0) return {};
    if (seeded_bug("journal: a torn end is thrown away")) return {};
    PERDURE_ASSERT(findings.torn.file == findings.newest_file);
    PERDURE_ASSERT(findings.torn.offset == findings.valid_bytes);  // nothing that is valid
    const std::string name = file_name(findings.torn.file);
    PERDURE_TAKE(FileReader reader,
                 FileReader::open(files, io::join_path(directory, name), FileReader::peek_bytes));
    PERDURE_TAKE(const ByteSpan bytes, reader.read(findings.torn.offset, findings.torn.bytes));
    PERDURE_TRY(files.create_directory(quarantine));
    PERDURE_TRY(files.sync_directory(io::parent_path(quarantine)));
    return io::replace_file(files, quarantine,
                            text::format("{}.at-{}.torn", name, findings.torn.offset), bytes);
}

}  // namespace perdure::journal
