// Pages of the store's file. Input: the page's number (4 bytes), what of the page is not zero.
#include <algorithm>

#include "base/assert.h"
#include "fuzz/target.h"
#include "store/sqlite/page_checksum.h"

namespace perdure::fuzz {

namespace sqlite = store::sqlite;

Outcome store_page(ByteSpan bytes) {
    static_cast<void>(sqlite::has_page_checksums(copy_of(bytes)));
    Input input(bytes);
    const std::uint64_t number = std::uint64_t{input.number<std::uint32_t>()} + 1;
    std::vector<std::byte> page(sqlite::page_bytes);
    const ByteSpan given = input.take(page.size());
    std::copy(given.begin(), given.end(), page.begin());
    const bool whole = sqlite::page_is_whole(page, number);
    sqlite::seal_page(page, number);
    PERDURE_ASSERT(sqlite::page_is_whole(page, number));
    PERDURE_ASSERT(!sqlite::page_is_whole(page, number + 1));  // where it does not belong
    for (std::size_t at = 0; at < page.size(); at += page.size() / 8 - 1) {
        page[at] ^= std::byte{1};
        PERDURE_ASSERT(!sqlite::page_is_whole(page, number));
        page[at] ^= std::byte{1};
    }
    return whole ? Outcome::taken : Outcome::refused;
}

}  // namespace perdure::fuzz
