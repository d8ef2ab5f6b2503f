#include "c/sized.h"

#include "base/error.h"
#include "c/answer.h"

namespace perdure::c {
namespace {

// Beyond it a size was never set, and what lies there is not the caller's.
constexpr std::uint32_t size_max = 4096;

Status check_given_size(std::uint32_t size, std::string_view what, std::size_t first) {
    if (size >= first && size <= size_max) return {};
    return error(Code::invalid, "{}: its size is {}; set it to sizeof({})", what, size, what);
}

std::uint32_t size_of(const void* given) {
    std::uint32_t size = 0;
    std::memcpy(&size, given, sizeof(size));
    return size;
}

}  // namespace

Status check_room(const void* given, std::string_view what, std::size_t first) {
    if (Status status = need(given, what); !status.ok()) return status;
    return check_given_size(size_of(given), what, first);
}

Status check_size(const void* given, std::string_view what, std::size_t first, std::size_t known) {
    if (Status status = check_room(given, what, first); !status.ok()) return status;
    const auto* bytes = static_cast<const unsigned char*>(given);
    for (std::size_t at = known; at < size_of(given); ++at) {
        if (bytes[at] == 0) continue;
        return error(Code::unsupported,
                     "{}: the program asks for something that this library, version {}, does not "
                     "know; use a newer library",
                     what, perdure_version());
    }
    return {};
}

Status check_flags(std::uint32_t flags, std::uint32_t known, std::string_view what) {
    if ((flags & ~known) == 0) return {};
    return error(Code::unsupported, "{} {:#x} are none that this library, version {}, knows", what,
                 flags & ~known, perdure_version());
}

Status check_number(std::int64_t number, std::int64_t last, std::string_view what) {
    if (number >= 0 && number <= last) return {};
    return error(Code::unsupported, "{} {} is none that this library, version {}, knows", what,
                 number, perdure_version());
}

}  // namespace perdure::c
