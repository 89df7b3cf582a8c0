#include "Parser.hpp"

#include <new>

using namespace simdjson;

namespace {

constexpr size_t usual_capacity = 64 * 1024;
constexpr size_t shrink_above = 1024 * 1024;

/// Grows to a power of two, so that documents of creeping size do not allocate one by one.
bool reserve(sj_parser &p, size_t count) {
    if (p.parser.capacity() > shrink_above && count <= usual_capacity) p.parser = dom::parser(sj_max_bytes);
    size_t capacity = usual_capacity;
    while (capacity < count) capacity *= 2;
    if (p.parser.capacity() >= capacity && p.parser.doc.capacity() >= capacity) return true;
    return p.parser.allocate(capacity) == SUCCESS && p.parser.doc.allocate(capacity) == SUCCESS;
}

const uint8_t *with_padding(sj_parser &p, const uint8_t *bytes, size_t count) {
    size_t needed = count + sj_padding;
    if (p.padded_capacity < needed || (p.padded_capacity > shrink_above && needed <= usual_capacity)) {
        size_t capacity = usual_capacity;
        while (capacity < needed) capacity *= 2;
        p.padded.reset(new (std::nothrow) uint8_t[capacity]);
        p.padded_capacity = p.padded ? capacity : 0;
        if (!p.padded) return nullptr;
    }
    std::memcpy(p.padded.get(), bytes, count);
    std::memset(p.padded.get() + count, ' ', sj_padding);
    return p.padded.get();
}

}  // namespace

sj_status sj::parse(sj_parser &p, const uint8_t *bytes, size_t count, size_t readable, element &root) {
    if (count > sj_max_bytes) return sj_too_long;
    if (count == 0) return sj_not_json;
    if (!reserve(p, count)) return sj_no_memory;
    const uint8_t *document = bytes;
    if (readable < count + sj_padding) {
        document = with_padding(p, bytes, count);
        if (!document) return sj_no_memory;
    }
    error_code error = p.parser.parse(document, count, false).get(root);
    if (error == SUCCESS) return sj_ok;
    if (error == MEMALLOC) return sj_no_memory;
    if (error != STRING_ERROR && error != UTF8_ERROR && error != NUMBER_ERROR && error != TAPE_ERROR
        && error != N_ATOM_ERROR)
        return sj_not_json;

    sj::mended mended = sj::repair(bytes, count, p.repaired);
    if (mended == sj::mended::nothing) return sj_not_json;
    size_t repaired_count = p.repaired.size();
    if (repaired_count > sj_max_bytes) return sj_too_long;
    if (!reserve(p, repaired_count)) return sj_no_memory;
    p.repaired.append(sj_padding, ' ');
    auto repaired = reinterpret_cast<const uint8_t *>(p.repaired.data());
    error = p.parser.parse(repaired, repaired_count, false).get(root);
    if (p.repaired.capacity() > shrink_above) std::string().swap(p.repaired);
    if (error == MEMALLOC) return sj_no_memory;
    if (error != SUCCESS) return sj_not_json;
    return mended == sj::mended::text ? sj_mended : sj_ok;
}

extern "C" {

sj_parser *sj_parser_create(void) {
    std::unique_ptr<sj_parser> made(new (std::nothrow) sj_parser());
    if (!made || !reserve(*made, usual_capacity)) return nullptr;
    return made.release();
}

void sj_parser_free(sj_parser *parser) { delete parser; }

sj_status sj_parse(sj_parser *parser, const uint8_t *bytes, size_t count, size_t readable, sj_value *root) {
    sj::element value;
    *root = {nullptr, 0};
    sj_status status = sj::parse(*parser, bytes, count, readable, value);
    if (status == sj_ok || status == sj_mended) *root = sj::to_value(value);
    return status;
}

}  // extern "C"
