#ifndef CSIMDJSON_PARSER_HPP
#define CSIMDJSON_PARSER_HPP

#include "CSimdjson.h"

#include <simdjson.h>

#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct sj_parser {
    simdjson::dom::parser parser{sj_max_bytes};
    std::unique_ptr<uint8_t[]> padded;  // copy of a document that had no room behind it
    size_t padded_capacity = 0;
    std::string repaired;
    std::string json;  // what sj_value_json gave
    std::vector<sj_choice> choices;
    std::vector<sj_piece> pieces;
    std::deque<std::string> arguments;  // of tool calls that were no strings, as JSON
};

namespace sj {

using element = simdjson::dom::element;

static_assert(sizeof(element) == sizeof(sj_value) && std::is_trivially_copyable<element>::value,
              "an sj_value is simdjson's element as bytes");

inline sj_value to_value(const element &from) {
    sj_value value;
    std::memcpy(static_cast<void *>(&value), &from, sizeof value);
    return value;
}

inline element to_element(sj_value from) {
    element value;
    std::memcpy(static_cast<void *>(&value), &from, sizeof value);
    return value;
}

inline sj_text to_text(std::string_view from) {
    return {reinterpret_cast<const uint8_t *>(from.data()), from.size()};
}

/// Absent unless a non-empty string.
inline sj_text text_of(const element &value) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS || text.empty()) return {nullptr, 0};
    return to_text(text);
}

inline bool int64_of(const element &value, int64_t &into) {
    if (value.get(into) == simdjson::SUCCESS) return true;
    double number;
    if (value.get(number) != simdjson::SUCCESS) return false;
    if (!(number >= -9007199254740992.0 && number <= 9007199254740992.0)) return false;
    into = static_cast<int64_t>(number);
    return static_cast<double>(into) == number;
}

sj_status parse(sj_parser &parser, const uint8_t *bytes, size_t count, size_t readable, element &root);

enum class mended { nothing, numbers, text };

/// Writes into `out` what a lenient reader would have read: U+FFFD for lone surrogate escapes and invalid UTF-8, null
/// for NaN, infinities and numbers that no double or 64-bit integer holds.
mended repair(const uint8_t *bytes, size_t count, std::string &out);

}  // namespace sj
#endif
