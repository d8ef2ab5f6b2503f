#include "perdure/token.h"

#include "base/error.h"
#include "c/answer.h"
#include "c/handles.h"
#include "c/sized.h"

using perdure::Level;
using perdure::Status;
using perdure::c::answer;
using perdure::c::need;

void perdure_token_free(perdure_token* token) { delete token; }

uint64_t perdure_token_lsn(const perdure_token* token) {
    return token == nullptr ? 0 : token->token.lsn();
}

uint64_t perdure_token_tick(const perdure_token* token) {
    return token == nullptr ? 0 : token->token.tick().value_or(0);
}

int32_t perdure_token_level(const perdure_token* token) {
    return token == nullptr ? 0 : static_cast<std::int32_t>(token->token.level());
}

int perdure_token_done(const perdure_token* token) {
    return token != nullptr && token->token.done() ? 1 : 0;
}

perdure_code perdure_token_status(const perdure_token* token, perdure_error* error) {
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(token, "the token"));
        return token->token.status();
    });
}

perdure_code perdure_token_wait(const perdure_token* token, perdure_error* error) {
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(token, "the token"));
        return token->token.wait();
    });
}

perdure_code perdure_token_wait_for(const perdure_token* token, int32_t level,
                                    perdure_error* error) {
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(token, "the token"));
        PERDURE_TRY(perdure::c::check_number(level, PERDURE_STORED, "level"));
        return token->token.wait(static_cast<Level>(level));
    });
}

perdure_code perdure_token_then(const perdure_token* token,
                                void (*callback)(void* context, const perdure_error* status),
                                void* context, perdure_error* error) {
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(token, "the token"));
        if (callback == nullptr) return need(nullptr, "the callback");
        token->token.then([callback, context](const Status& status) {
            perdure_error told;
            perdure::c::tell(status, &told);
            callback(context, &told);
        });
        return {};
    });
}
