#include "Parser.hpp"

using namespace simdjson;

extern "C" {

sj_kind sj_value_kind(sj_value value) {
    if (!value.document) return sj_kind_absent;
    switch (sj::to_element(value).type()) {
    case dom::element_type::NULL_VALUE: return sj_kind_null;
    case dom::element_type::BOOL: return sj_kind_bool;
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE: return sj_kind_number;
    case dom::element_type::STRING: return sj_kind_string;
    case dom::element_type::ARRAY: return sj_kind_array;
    case dom::element_type::OBJECT: return sj_kind_object;
    }
    return sj_kind_absent;
}

sj_value sj_value_member(sj_value value, const char *name, size_t name_count) {
    sj_value found = {nullptr, 0};
    dom::object object;
    if (!value.document || sj::to_element(value).get(object) != SUCCESS) return found;
    std::string_view wanted(name, name_count);
    for (auto field : object) {
        if (field.key == wanted) found = sj::to_value(field.value);
    }
    return found;
}

sj_text sj_value_text(sj_value value) {
    std::string_view text;
    if (!value.document || sj::to_element(value).get(text) != SUCCESS) return {nullptr, 0};
    return sj::to_text(text);
}

bool sj_value_int64(sj_value value, int64_t *into) {
    return value.document && sj::int64_of(sj::to_element(value), *into);
}

bool sj_value_double(sj_value value, double *into) {
    return value.document && sj::to_element(value).get(*into) == SUCCESS;
}

bool sj_value_bool(sj_value value, bool *into) {
    return value.document && sj::to_element(value).get(*into) == SUCCESS;
}

sj_text sj_value_json(sj_parser *parser, sj_value value) {
    if (!value.document) return {nullptr, 0};
    parser->json = simdjson::minify(sj::to_element(value));
    return sj::to_text(parser->json);
}

sj_walk sj_value_walk(sj_value value) {
    sj_walk walk = {nullptr, 0, 0, false};
    if (!value.document) return walk;
    auto element = sj::to_element(value);
    dom::array array;
    dom::object object;
    sj_value begin = {nullptr, 0};
    sj_value end = {nullptr, 0};
    if (element.get(array) == SUCCESS) {
        auto from = array.begin(), to = array.end();
        static_assert(sizeof from == sizeof begin && std::is_trivially_copyable<decltype(from)>::value, "");
        std::memcpy(static_cast<void *>(&begin), &from, sizeof begin);
        std::memcpy(static_cast<void *>(&end), &to, sizeof end);
    } else if (element.get(object) == SUCCESS) {
        auto from = object.begin(), to = object.end();
        static_assert(sizeof from == sizeof begin && std::is_trivially_copyable<decltype(from)>::value, "");
        std::memcpy(static_cast<void *>(&begin), &from, sizeof begin);
        std::memcpy(static_cast<void *>(&end), &to, sizeof end);
        walk.object = true;
    }
    walk.document = begin.document;
    walk.index = begin.index;
    walk.end = end.index;
    return walk;
}

bool sj_walk_next(sj_walk *walk, sj_text *name, sj_value *value) {
    if (!walk->document || walk->index >= walk->end) return false;
    sj_value at = {walk->document, walk->index};
    if (walk->object) {
        dom::object::iterator member;
        std::memcpy(static_cast<void *>(&member), &at, sizeof at);
        *name = sj::to_text(member.key());
        *value = sj::to_value(member.value());
        ++member;
        std::memcpy(&at, &member, sizeof at);
    } else {
        dom::array::iterator element;
        std::memcpy(static_cast<void *>(&element), &at, sizeof at);
        *name = {nullptr, 0};
        *value = sj::to_value(*element);
        ++element;
        std::memcpy(&at, &element, sizeof at);
    }
    walk->index = at.index;
    return true;
}

}  // extern "C"
