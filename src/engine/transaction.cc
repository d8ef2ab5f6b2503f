#include "perdure/transaction.h"

#include <utility>

#include "engine/staging.h"

namespace perdure {

Transaction::Transaction(std::unique_ptr<engine::Staging> staging) : staging_(std::move(staging)) {}
Transaction::Transaction(Transaction&&) noexcept = default;
Transaction& Transaction::operator=(Transaction&&) noexcept = default;
Transaction::~Transaction() = default;

Status Transaction::put(std::string_view table, std::span<const Cell> row,
                        const Condition& condition) {
    return staging_->put(table, row, condition);
}

Status Transaction::erase(std::string_view table, std::span<const Cell> key,
                          const Condition& condition) {
    return staging_->erase(table, key, condition);
}

Status Transaction::append(std::string_view table, std::span<const Cell> row) {
    return staging_->append(table, row);
}

Status Transaction::put_structs(std::string_view table, const StructShape& shape,
                                std::span<const std::byte> rows, std::size_t stride) {
    return staging_->put_structs(table, shape, rows, stride);
}

Result<std::optional<Batch>> Transaction::find(std::string_view table, std::span<const Cell> key) {
    return staging_->find(table, key);
}

Status Transaction::prefetch(std::string_view table, std::span<const Row> keys) {
    return staging_->prefetch(table, keys);
}

Result<Token> Transaction::commit(const CommitOptions& options) {
    return staging_->commit(options);
}

}  // namespace perdure
