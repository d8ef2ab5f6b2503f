#include "perdure/status.h"

namespace perdure {

std::string_view code_name(Code code) noexcept {
    switch (code) {
        case Code::ok: return "ok";
        case Code::invalid: return "invalid";
        case Code::not_found: return "not_found";
        case Code::conflict: return "conflict";
        case Code::busy: return "busy";
        case Code::not_loaded: return "not_loaded";
        case Code::read_only: return "read_only";
        case Code::unknown: return "unknown";
        case Code::locked: return "locked";
        case Code::unsupported: return "unsupported";
        case Code::incompatible: return "incompatible";
        case Code::corrupt: return "corrupt";
        case Code::no_space: return "no_space";
        case Code::io: return "io";
        case Code::expired: return "expired";
        case Code::refused: return "refused";
    }
    return "code out of range";
}

Status::Status(Code code, std::string message)
    : error_(code == Code::ok ? nullptr
                              : std::make_unique<Error>(Error{code, std::move(message)})) {}

Status::Status(const Status& other)
    : error_(other.error_ ? std::make_unique<Error>(*other.error_) : nullptr) {}

Status& Status::operator=(const Status& other) {
    if (this != &other) error_ = other.error_ ? std::make_unique<Error>(*other.error_) : nullptr;
    return *this;
}

std::string_view Status::message() const noexcept {
    return error_ ? std::string_view(error_->message) : std::string_view();
}

std::string Status::text() const {
    if (ok()) return "ok";
    std::string text(code_name(code()));
    text += ": ";
    text += message();
    return text;
}

Status Status::with_context(std::string_view context) const {
    if (ok()) return {};
    std::string longer(context);
    longer += ": ";
    longer += message();
    return {code(), std::move(longer)};
}

}  // namespace perdure
