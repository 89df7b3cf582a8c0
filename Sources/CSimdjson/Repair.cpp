#include "Parser.hpp"

#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";
constexpr std::string_view replacement_escape = "\\ufffd";

/// The code unit of `\uXXXX` at `at`; -1 when there is none.
int escape_at(const uint8_t *bytes, size_t count, size_t at) {
    if (at + 6 > count || bytes[at] != '\\' || bytes[at + 1] != 'u') return -1;
    int unit = 0;
    for (size_t i = at + 2; i < at + 6; i++) {
        uint8_t c = bytes[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/// Length of the well-formed UTF-8 sequence at `at`, or minus the length of the ill-formed part (Unicode 15, 3.9,
/// "maximal subpart").
int sequence_at(const uint8_t *bytes, size_t count, size_t at) {
    uint8_t first = bytes[at];
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return -1;
    int length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    for (int i = 1; i < length; i++) {
        if (at + i >= count || bytes[at + i] < low || bytes[at + i] > high) return -i;
        low = 0x80;
        high = 0xbf;
    }
    return length;
}

bool is_number_byte(uint8_t c) { return std::isdigit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'; }

bool is_out_of_range(const char *begin, const char *end) {
    std::string_view token(begin, static_cast<size_t>(end - begin));
    if (token.find_first_of(".eE") == std::string_view::npos) {
        if (*begin == '-') {
            int64_t value;
            return std::from_chars(begin, end, value).ec == std::errc::result_out_of_range;
        }
        uint64_t value;
        return std::from_chars(begin, end, value).ec == std::errc::result_out_of_range;
    }
    return std::isinf(std::strtod(std::string(token).c_str(), nullptr));
}

bool is_word_byte(uint8_t c) { return std::isalpha(c) || is_number_byte(c); }

/// NaN, Infinity, -Infinity as Python writes them, nan and inf as C does.
bool is_no_number(std::string_view token) {
    if (!token.empty() && (token[0] == '-' || token[0] == '+')) token.remove_prefix(1);
    std::string_view words[] = {"nan", "inf", "infinity"};
    for (std::string_view word : words) {
        if (token.size() != word.size()) continue;
        size_t at = 0;
        while (at < word.size() && std::tolower(static_cast<uint8_t>(token[at])) == word[at]) at++;
        if (at == word.size()) return true;
    }
    return false;
}

}  // namespace

sj::mended sj::repair(const uint8_t *bytes, size_t count, std::string &out) {
    out.clear();
    out.reserve(count + count / 8 + sj_padding);
    mended changed = mended::nothing;
    auto number_changed = [&changed] {
        if (changed == mended::nothing) changed = mended::numbers;
    };
    bool in_string = false;
    for (size_t at = 0; at < count;) {
        uint8_t c = bytes[at];
        if (c >= 0x80) {
            int length = sequence_at(bytes, count, at);
            if (length > 0) {
                out.append(reinterpret_cast<const char *>(bytes + at), length);
                at += length;
            } else {
                out.append(replacement);
                changed = mended::text;
                at += -length;
            }
        } else if (in_string && c == '\\') {
            int unit = escape_at(bytes, count, at);
            bool high = unit >= 0xd800 && unit <= 0xdbff;
            bool low = unit >= 0xdc00 && unit <= 0xdfff;
            int next = high ? escape_at(bytes, count, at + 6) : -1;
            if (high && next >= 0xdc00 && next <= 0xdfff) {
                out.append(reinterpret_cast<const char *>(bytes + at), 12);
                at += 12;
            } else if (high || low) {
                out.append(replacement_escape);
                changed = mended::text;
                at += 6;
            } else {
                size_t length = at + 1 < count && bytes[at + 1] < 0x80 ? 2 : 1;
                out.append(reinterpret_cast<const char *>(bytes + at), length);
                at += length;
            }
        } else if (!in_string && is_word_byte(c)) {
            size_t end = at;
            while (end < count && is_word_byte(bytes[end])) end++;
            auto token = reinterpret_cast<const char *>(bytes + at);
            std::string_view word(token, end - at);
            bool is_number = c == '-' || std::isdigit(c);
            if (is_no_number(word) || (is_number && is_out_of_range(token, token + (end - at)))) {
                out.append("null");
                number_changed();
            } else {
                out.append(token, end - at);
            }
            at = end;
        } else {
            if (c == '"') in_string = !in_string;
            out.push_back(static_cast<char>(c));
            at++;
        }
    }
    return changed;
}
