#ifndef CSIMDJSON_H
#define CSIMDJSON_H
// The C face of simdjson (DOM): a parser that is reused, a walk over any document, and one call that reads a whole
// chunk of an OpenAI chat stream. Nothing here throws, and no input crashes it.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Bytes that belong to a parser, valid until its next parse. UTF-8 without a terminator; bytes NULL = absent.
typedef struct {
    const uint8_t *bytes;
    size_t count;
} sj_text;

/// One parser, for one thread. Its memory is kept from document to document.
typedef struct sj_parser sj_parser;

enum {
    sj_max_bytes = 16 * 1024 * 1024,  // of one document
    sj_padding = 64,                  // readable bytes after a document that make a copy unnecessary
    sj_most_tokens = 1000000000,      // of one reply; a server that counts more has not counted
};

typedef enum {
    sj_ok = 0,
    sj_mended,     // read, but some text was no UTF-8, or held half a surrogate pair
    sj_too_long,   // more than sj_max_bytes
    sj_not_json,   // also nested deeper than 1,024
    sj_no_memory,
} sj_status;

/// NULL when there is no memory.
sj_parser *sj_parser_create(void);
void sj_parser_free(sj_parser *parser);

// MARK: Any document

/// A value inside the parser's current document; document NULL = absent. Every function below accepts an absent one.
typedef struct {
    const void *document;
    size_t index;
} sj_value;

typedef enum {
    sj_kind_absent = 0,
    sj_kind_null,
    sj_kind_bool,
    sj_kind_number,
    sj_kind_string,
    sj_kind_array,
    sj_kind_object,
} sj_kind;

/// Parses `count` bytes of which `readable` (>= count) may be read; a document without 64 readable bytes behind it is
/// copied first. Lone surrogate escapes and invalid UTF-8 become U+FFFD (then it is sj_mended); numbers beyond a double,
/// NaN and infinities become null.
sj_status sj_parse(sj_parser *parser, const uint8_t *bytes, size_t count, size_t readable, sj_value *root);

sj_kind sj_value_kind(sj_value value);
/// The last member of that name; absent when `value` is no object or has none.
sj_value sj_value_member(sj_value value, const char *name, size_t name_count);
sj_text sj_value_text(sj_value value);
/// Integers, and doubles with an integral value.
bool sj_value_int64(sj_value value, int64_t *into);
bool sj_value_double(sj_value value, double *into);
bool sj_value_bool(sj_value value, bool *into);
/// The value as compact JSON in the parser's scratch, valid until the next call of this function.
sj_text sj_value_json(sj_parser *parser, sj_value value);

/// Walks an array's elements or an object's members.
typedef struct {
    const void *document;
    size_t index;
    size_t end;
    bool object;
} sj_walk;

sj_walk sj_value_walk(sj_value value);
/// False at the end. `name` is absent in arrays.
bool sj_walk_next(sj_walk *walk, sj_text *name, sj_value *value);

// MARK: A chunk of a chat stream

typedef enum {
    sj_visible,
    sj_reasoning,
    sj_tool,
    sj_refusal,
} sj_piece_kind;

/// A non-empty text of a choice, or (tools only) a name or id.
typedef struct {
    int64_t choice;
    sj_piece_kind kind;
    sj_text text;       // a tool's: the arguments, absent or not empty
    int64_t tool;       // index of the tool call
    sj_text tool_id;    // absent or not empty
    sj_text tool_name;  // absent or not empty
} sj_piece;

typedef struct {
    int64_t index;
    sj_text finish_reason;  // absent when null or empty
} sj_choice;

/// Token counts, 0 to sj_most_tokens; -1 = not given.
typedef struct {
    int64_t prompt;
    int64_t completion;
    int64_t total;
    int64_t cached;
    int64_t written;       // to the cache
    int64_t written_hour;  // of them, those kept for an hour
    int64_t reasoning;
} sj_usage;

enum {
    sj_has_usage = 1 << 0,
    sj_has_error = 1 << 1,    // something says error: read `root`
    sj_has_timing = 1 << 2,   // a server's own timings: read `root`
    sj_has_spate = 1 << 3,    // spate's extension: read `root`
    sj_has_choices = 1 << 4,  // an array, maybe empty
    sj_has_delta = 1 << 5,    // some choice has a `delta`
    sj_has_odd_count = 1 << 6,  // a token count that cannot be
};

typedef struct {
    sj_value root;
    uint32_t flags;
    sj_usage usage;
    sj_text model;         // absent when null or empty
    sj_text service_tier;  // likewise; of `usage` where the root has none
    const sj_choice *choices;
    size_t choice_count;
    const sj_piece *pieces;  // in document order within a choice
    size_t piece_count;
} sj_chat;

/// Reads one chat completion chunk or one complete answer. `message` stands for a choice's `delta` where there is none,
/// if `takes_message` is set.
/// A root that is an array of one element is unwrapped; a root that is no object is sj_not_json.
sj_status sj_read_chat(
    sj_parser *parser, const uint8_t *bytes, size_t count, size_t readable, bool takes_message, sj_chat *into);

#ifdef __cplusplus
}
#endif
#endif
