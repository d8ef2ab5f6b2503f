#include "model/struct_values.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "base/assert.h"

namespace perdure {
namespace {

// Calls visit.operator()<T>() with the type that such a field has in C++.
template <typename Visit>
decltype(auto) with_type(const FieldShape& field, Visit&& visit) {
    const auto of = [&]<typename T>() -> decltype(auto) {
        return field.nullable ? visit.template operator()<std::optional<T>>()
                              : visit.template operator()<T>();
    };
    switch (field.type.kind) {
        case ColumnKind::text: return of.template operator()<std::string>();
        case ColumnKind::json: return of.template operator()<Json>();
        default: PERDURE_ASSERT(field.type.kind == ColumnKind::bytes);
    }
    return of.template operator()<Bytes>();
}

template <typename T>
T initial_of(const FieldShape& field) {
    const T* const value = field.initial.get_if<T>();
    return value != nullptr ? *value : T{};
}
template <typename T>
requires detail::IsOptional<T>::value T initial_of(const FieldShape& field) {
    const auto* value = field.initial.get_if<typename T::value_type>();
    return value != nullptr ? T(*value) : T();
}

template <typename T>
T* field_at(std::byte* at, const FieldShape& field) noexcept {
    return std::launder(reinterpret_cast<T*>(at + field.offset));
}
template <typename T>
const T* field_at(const std::byte* at, const FieldShape& field) noexcept {
    return std::launder(reinterpret_cast<const T*>(at + field.offset));
}

}  // namespace

StructValues::StructValues(const StructShape& shape) : shape_(shape) {
    PERDURE_ASSERT(shape.initial.size() == shape.bytes);
    for (const FieldShape& field : shape.fields) {
        if (field.type.is_variable()) owning_.push_back(&field);
    }
    std::sort(owning_.begin(), owning_.end(), [](const FieldShape* left, const FieldShape* right) {
        return left->offset < right->offset;
    });
    std::size_t begin = 0;
    const auto end_run = [&](std::size_t end) {
        PERDURE_ASSERT(begin <= end && end <= shape.bytes);
        if (begin < end) runs_.push_back({begin, end - begin});
    };
    for (const FieldShape* field : owning_) {
        end_run(field->offset);
        begin = with_type(*field, [&]<typename T>() { return field->offset + sizeof(T); });
    }
    end_run(shape.bytes);
}

void StructValues::copy_runs(std::byte* to, const std::byte* from) const noexcept {
    for (const Run& run : runs_) std::memcpy(to + run.begin, from + run.begin, run.bytes);
}

void StructValues::construct(std::byte* at) const {
    copy_runs(at, shape_.initial.data());
    for (const FieldShape* field : owning_) {
        with_type(*field, [&]<typename T>() {
            ::new (static_cast<void*>(at + field->offset)) T(initial_of<T>(*field));
        });
    }
}

void StructValues::destroy(std::byte* at) const noexcept {
    for (const FieldShape* field : owning_) {
        with_type(*field, [&]<typename T>() { std::destroy_at(field_at<T>(at, *field)); });
    }
}

void StructValues::relocate(std::byte* to, std::byte* from) const noexcept {
    copy_runs(to, from);
    for (const FieldShape* field : owning_) {
        with_type(*field, [&]<typename T>() {
            T* const old = field_at<T>(from, *field);
            ::new (static_cast<void*>(to + field->offset)) T(std::move(*old));
            std::destroy_at(old);
        });
    }
}

void StructValues::copy(std::byte* to, const std::byte* from) const {
    copy_runs(to, from);
    for (const FieldShape* field : owning_) {
        with_type(*field,
                  [&]<typename T>() { *field_at<T>(to, *field) = *field_at<T>(from, *field); });
    }
}

}  // namespace perdure
