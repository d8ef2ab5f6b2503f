#include "c/answer.h"

#include <cstddef>
#include <cstring>

#include "base/error.h"
#include "perdure/durability.h"
#include "perdure/entities.h"
#include "perdure/transaction.h"

namespace perdure::c {
namespace {

// How much of a text fits, in whole characters of UTF-8.
std::size_t bytes_that_fit(std::string_view text, std::size_t room) noexcept {
    if (text.size() <= room) return text.size();
    std::size_t bytes = room;
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
    return bytes;
}

// One list of numbers, twice written.
template <typename One, typename Other>
constexpr bool same(One one, Other other) {
    return static_cast<int>(one) == static_cast<int>(other);
}
static_assert(same(PERDURE_OK, Code::ok));
static_assert(same(PERDURE_INVALID, Code::invalid));
static_assert(same(PERDURE_NOT_FOUND, Code::not_found));
static_assert(same(PERDURE_CONFLICT, Code::conflict));
static_assert(same(PERDURE_BUSY, Code::busy));
static_assert(same(PERDURE_NOT_LOADED, Code::not_loaded));
static_assert(same(PERDURE_READ_ONLY, Code::read_only));
static_assert(same(PERDURE_UNKNOWN, Code::unknown));
static_assert(same(PERDURE_LOCKED, Code::locked));
static_assert(same(PERDURE_UNSUPPORTED, Code::unsupported));
static_assert(same(PERDURE_INCOMPATIBLE, Code::incompatible));
static_assert(same(PERDURE_CORRUPT, Code::corrupt));
static_assert(same(PERDURE_NO_SPACE, Code::no_space));
static_assert(same(PERDURE_IO, Code::io));
static_assert(same(PERDURE_EXPIRED, Code::expired));
static_assert(same(PERDURE_BOOL, ColumnKind::boolean));
static_assert(same(PERDURE_I8, ColumnKind::i8) && same(PERDURE_I16, ColumnKind::i16));
static_assert(same(PERDURE_I32, ColumnKind::i32) && same(PERDURE_I64, ColumnKind::i64));
static_assert(same(PERDURE_U8, ColumnKind::u8) && same(PERDURE_U16, ColumnKind::u16));
static_assert(same(PERDURE_U32, ColumnKind::u32) && same(PERDURE_U64, ColumnKind::u64));
static_assert(same(PERDURE_ID, ColumnKind::id) && same(PERDURE_UUID, ColumnKind::uuid));
static_assert(same(PERDURE_F32, ColumnKind::f32) && same(PERDURE_F64, ColumnKind::f64));
static_assert(same(PERDURE_TEXT, ColumnKind::text) && same(PERDURE_JSON, ColumnKind::json));
static_assert(same(PERDURE_BYTES, ColumnKind::bytes) && same(PERDURE_ARRAY, ColumnKind::array));
static_assert(same(PERDURE_EPHEMERAL, Level::ephemeral) && same(PERDURE_RELAXED, Level::relaxed));
static_assert(same(PERDURE_JOURNAL, Level::journal) && same(PERDURE_STORED, Level::stored));
static_assert(same(PERDURE_PLAIN, EntityKind::plain) && same(PERDURE_GLOBAL, EntityKind::global));
static_assert(same(PERDURE_PLAYER, EntityKind::player));
static_assert(same(PERDURE_ALWAYS, Condition::Kind::none));
static_assert(same(PERDURE_IF_ABSENT, Condition::Kind::absent));
static_assert(same(PERDURE_IF_PRESENT, Condition::Kind::present));
static_assert(same(PERDURE_IF_EQUAL, Condition::Kind::equal));

}  // namespace

perdure_code tell(const Status& status, perdure_error* error) noexcept {
    const auto code = static_cast<perdure_code>(status.code());
    if (error == nullptr) return code;
    const std::string_view message = status.message();
    const std::size_t bytes = bytes_that_fit(message, sizeof(error->message) - 1);
    error->code = code;
    error->message_bytes = static_cast<std::uint32_t>(message.size());
    if (bytes > 0) std::memcpy(error->message, message.data(), bytes);
    error->message[bytes] = '\0';
    return code;
}

Status need(const void* pointer, std::string_view what) {
    if (pointer != nullptr) return {};
    return error(Code::invalid, "{} is null; give one", what);
}

}  // namespace perdure::c

using perdure::Code;

uint32_t perdure_c_abi() { return PERDURE_C_ABI; }

const char* perdure_version() { return PERDURE_VERSION; }

const char* perdure_code_name(perdure_code code) {
    if (code < PERDURE_OK || code > PERDURE_REFUSED) return "?";
    return perdure::code_name(static_cast<Code>(code)).data();  // of literals: they end with NUL
}
