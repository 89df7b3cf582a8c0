#include "Parser.hpp"

using namespace simdjson;

namespace {

void add_text(sj_parser &p, int64_t choice, sj_piece_kind kind, const dom::element &value) {
    sj_text text = sj::text_of(value);
    if (text.count > 0) p.pieces.push_back({choice, kind, text, 0, {nullptr, 0}, {nullptr, 0}});
}

/// `content` or reasoning as an array of parts.
///
///     {type: text, text}, {type: thinking, thinking: [{type: text, text}]}     Mistral
///     {type: thinking, thinking}                                               LiteLLM's `thinking_blocks`
///     {type: reasoning.text, text}, {type: reasoning.summary, summary}         OpenRouter's `reasoning_details`
void add_parts(sj_parser &p, int64_t choice, sj_piece_kind kind, const dom::element &value, bool nested = false) {
    dom::array parts;
    if (value.get(parts) != SUCCESS) return add_text(p, choice, kind, value);
    for (dom::element part : parts) {
        dom::object members;
        if (part.get(members) != SUCCESS) {
            add_text(p, choice, kind, part);
            continue;
        }
        sj_piece_kind its_kind = kind;
        for (auto member : members) {
            std::string_view type;
            if (member.key != "type" || member.value.get(type) != SUCCESS) continue;
            if (type.substr(0, 9) == "reasoning" || type == "thinking") its_kind = sj_reasoning;
        }
        for (auto member : members) {
            if (member.key == "text") add_text(p, choice, its_kind, member.value);
            if (member.key == "summary" && its_kind == sj_reasoning) add_text(p, choice, its_kind, member.value);
            if ((member.key == "thinking" || member.key == "reasoning") && !nested)
                add_parts(p, choice, sj_reasoning, member.value, true);
        }
    }
}

/// A string, or an object or array as its JSON; empty ones say nothing.
sj_text arguments_of(sj_parser &p, const dom::element &value) {
    dom::object object;
    dom::array array;
    bool says_something = (value.get(object) == SUCCESS && object.size() > 0)
        || (value.get(array) == SUCCESS && array.size() > 0);
    if (!says_something) return sj::text_of(value);
    p.arguments.push_back(simdjson::minify(value));
    return sj::to_text(p.arguments.back());
}

/// `name` and `arguments`, or `input` of a custom tool.
void read_function(sj_parser &p, const dom::element &value, sj_piece &piece) {
    dom::object function;
    if (value.get(function) != SUCCESS) return;
    for (auto member : function) {
        if (member.key == "name") piece.tool_name = sj::text_of(member.value);
        if (member.key == "arguments" || member.key == "input") piece.text = arguments_of(p, member.value);
    }
}

void add_tool(sj_parser &p, const sj_piece &piece) {
    if (piece.text.count + piece.tool_id.count + piece.tool_name.count > 0) p.pieces.push_back(piece);
}

void add_tools(sj_parser &p, int64_t choice, const dom::element &value) {
    dom::array calls;
    if (value.get(calls) != SUCCESS) return;
    int64_t position = 0;
    for (dom::element call : calls) {
        sj_piece piece = {choice, sj_tool, {nullptr, 0}, position++, {nullptr, 0}, {nullptr, 0}};
        dom::object members;
        if (call.get(members) != SUCCESS) continue;
        for (auto member : members) {
            if (member.key == "index") {
                sj::int64_of(member.value, piece.tool);
            } else if (member.key == "id") {
                piece.tool_id = sj::text_of(member.value);
            } else if (member.key == "function" || member.key == "custom") {
                read_function(p, member.value, piece);
            }
        }
        add_tool(p, piece);
    }
}

/// What vendors call the text of the reasoning, and where it stands once more in parts.
bool is_reasoning(std::string_view key) {
    return key == "reasoning_content" || key == "reasoning" || key == "thinking" || key == "reasoning_text"
        || key == "thinking_content" || key == "thought";
}

bool is_reasoning_parts(std::string_view key) { return key == "reasoning_details" || key == "thinking_blocks"; }

/// Of `delta`'s reasoning one member counts: gateways repeat it under several names. A text goes before parts.
void add_reasoning(sj_parser &p, int64_t choice, const dom::object &delta) {
    size_t before = p.pieces.size();
    for (auto member : delta) {
        if (is_reasoning(member.key)) add_parts(p, choice, sj_reasoning, member.value);
        if (p.pieces.size() > before) return;
    }
    for (auto member : delta) {
        if (is_reasoning_parts(member.key)) add_parts(p, choice, sj_reasoning, member.value);
        if (p.pieces.size() > before) return;
    }
}

/// `delta` of a chunk or `message` of a whole answer.
void read_delta(sj_parser &p, int64_t choice, const dom::element &value) {
    dom::object delta;
    if (value.get(delta) != SUCCESS) return;
    bool reasons = false;
    size_t before = p.pieces.size();
    for (auto member : delta) {
        std::string_view key = member.key;
        if (key == "content") {
            add_parts(p, choice, sj_visible, member.value);
        } else if (is_reasoning(key) || is_reasoning_parts(key)) {
            reasons = true;
        } else if (key == "tool_calls") {
            add_tools(p, choice, member.value);
        } else if (key == "refusal") {
            add_text(p, choice, sj_refusal, member.value);
        } else if (key == "function_call") {
            sj_piece piece = {choice, sj_tool, {nullptr, 0}, 0, {nullptr, 0}, {nullptr, 0}};
            read_function(p, member.value, piece);
            add_tool(p, piece);
        }
    }
    if (!reasons) return;
    for (size_t at = before; at < p.pieces.size(); at++) {
        if (p.pieces[at].kind == sj_reasoning) return;  // the content held it already
    }
    add_reasoning(p, choice, delta);
}

void read_count(const dom::element &value, int64_t &into, uint32_t &flags) {
    int64_t count;
    if (sj::int64_of(value, count) && count >= 0 && count <= sj_most_tokens) {
        into = count;
    } else if (value.is_number()) {
        flags |= sj_has_odd_count;
    }
}

void read_member(const dom::element &value, std::string_view name, int64_t &into, uint32_t &flags) {
    dom::object object;
    if (value.get(object) != SUCCESS) return;
    for (auto member : object) {
        if (member.key == name) read_count(member.value, into, flags);
    }
}

constexpr sj_usage no_usage = {-1, -1, -1, -1, -1, -1, -1};

/// Groq and SambaNova put their times into `usage`.
bool is_time(std::string_view key) { return key.size() > 5 && key.find("time") != std::string_view::npos; }

/// `flags` gains sj_has_timing when times stand among the counts. False when there is no count.
bool read_usage(const dom::element &value, sj_usage &into, sj_text &tier, uint32_t &flags) {
    dom::object object;
    if (value.get(object) != SUCCESS) return false;
    sj_usage usage = no_usage;
    int64_t flat_cached = -1, flat_written = -1, flat_reasoning = -1;
    for (auto member : object) {
        std::string_view key = member.key;
        if (key == "prompt_tokens") {
            read_count(member.value, usage.prompt, flags);
        } else if (key == "completion_tokens") {
            read_count(member.value, usage.completion, flags);
        } else if (key == "total_tokens") {
            read_count(member.value, usage.total, flags);
        } else if (key == "prompt_tokens_details") {
            read_member(member.value, "cached_tokens", usage.cached, flags);
            read_member(member.value, "cache_write_tokens", usage.written, flags);
        } else if (key == "completion_tokens_details") {
            read_member(member.value, "reasoning_tokens", usage.reasoning, flags);
        } else if (key == "cached_tokens" || key == "cache_read_input_tokens" || key == "prompt_cache_hit_tokens") {
            read_count(member.value, flat_cached, flags);  // Moonshot, DigitalOcean, DeepSeek
        } else if (key == "cache_creation_input_tokens") {
            read_count(member.value, flat_written, flags);  // DigitalOcean, gateways before Anthropic
        } else if (key == "cache_creation") {
            read_member(member.value, "ephemeral_1h_input_tokens", usage.written_hour, flags);
        } else if (key == "service_tier") {
            tier = sj::text_of(member.value);
        } else if (key == "reasoning_tokens") {
            read_count(member.value, flat_reasoning, flags);  // SGLang
        } else if (is_time(key)) {
            flags |= sj_has_timing;
        }
    }
    if (usage.cached < 0) usage.cached = flat_cached;
    if (usage.written < 0) usage.written = flat_written;
    if (usage.reasoning < 0) usage.reasoning = flat_reasoning;
    if (usage.prompt < 0 && usage.completion < 0 && usage.total < 0) return false;
    into = usage;
    return true;
}

bool read_choice(
    sj_parser &p, const dom::element &value, bool takes_message, sj_usage &usage, sj_text &tier, uint32_t &flags) {
    bool has_usage = false;
    dom::object object;
    if (value.get(object) != SUCCESS) return false;
    sj_choice choice = {0, {nullptr, 0}};
    dom::element delta, message;
    bool has_delta = false, has_message = false;
    for (auto member : object) {
        std::string_view key = member.key;
        if (key == "index") {
            sj::int64_of(member.value, choice.index);
        } else if (key == "delta") {
            delta = member.value;
            has_delta = !delta.is_null();
        } else if (key == "message") {
            message = member.value;
            has_message = takes_message;
        } else if (key == "finish_reason") {
            choice.finish_reason = sj::text_of(member.value);
        } else if (key == "usage") {
            has_usage |= read_usage(member.value, usage, tier, flags);
        }
    }
    if (has_delta) {
        flags |= sj_has_delta;
        read_delta(p, choice.index, delta);
    } else if (has_message) {
        read_delta(p, choice.index, message);
    }
    p.choices.push_back(choice);
    return has_usage;
}

bool is_text(const dom::element &value, std::string_view wanted) {
    std::string_view text;
    return value.get(text) == SUCCESS && text == wanted;
}

/// null, false, 0, "" and {} say nothing.
bool says_error(const dom::element &value) {
    switch (value.type()) {
    case dom::element_type::NULL_VALUE: return false;
    case dom::element_type::BOOL: return bool(value.get_bool().value_unsafe());
    case dom::element_type::STRING: return value.get_string_length().value_unsafe() > 0;
    case dom::element_type::OBJECT: return value.get_object().value_unsafe().size() > 0;
    case dom::element_type::ARRAY: return value.get_array().value_unsafe().size() > 0;
    default: {
        double number;
        return value.get(number) == SUCCESS && number != 0;
    }
    }
}

void read_root(sj_parser &p, const dom::object &root, bool takes_message, sj_chat &into) {
    sj_usage inner = no_usage;  // of a choice, else of x_groq
    bool has_inner = false;
    sj_text tier = {nullptr, 0};  // of a usage
    for (auto member : root) {
        std::string_view key = member.key;
        if (key == "choices") {
            p.choices.clear();
            p.pieces.clear();
            dom::array choices;
            if (member.value.get(choices) != SUCCESS) continue;
            into.flags |= sj_has_choices;
            for (dom::element choice : choices) {
                has_inner |= read_choice(p, choice, takes_message, inner, tier, into.flags);
            }
        } else if (key == "usage") {
            if (read_usage(member.value, into.usage, tier, into.flags)) into.flags |= sj_has_usage;
        } else if (key == "model") {
            into.model = sj::text_of(member.value);
        } else if (key == "service_tier") {
            into.service_tier = sj::text_of(member.value);
        } else if (key == "error") {
            if (says_error(member.value)) into.flags |= sj_has_error;
        } else if (key == "object" || key == "type") {
            if (is_text(member.value, "error")) into.flags |= sj_has_error;
        } else if (key == "x_groq") {
            dom::object groq;
            if (member.value.get(groq) != SUCCESS) continue;
            for (auto part : groq) {
                if (part.key == "error" && says_error(part.value)) into.flags |= sj_has_error;
                if (part.key == "usage") has_inner |= read_usage(part.value, inner, tier, into.flags);
            }
        } else if (key == "timings" || key == "time_info" || key == "metrics" || key == "perf_metrics") {
            into.flags |= sj_has_timing;
        } else if (key == "spate") {
            into.flags |= sj_has_spate;
        }
    }
    if (into.service_tier.count == 0) into.service_tier = tier;
    if (!(into.flags & sj_has_usage) && has_inner) {
        into.usage = inner;
        into.flags |= sj_has_usage;
    }
}

template <typename T> void reset(std::vector<T> &list) {
    list.clear();
    if (list.capacity() > 4096) list.shrink_to_fit();
}

}  // namespace

extern "C" sj_status sj_read_chat(
    sj_parser *parser, const uint8_t *bytes, size_t count, size_t readable, bool takes_message, sj_chat *into) {
    sj_parser &p = *parser;
    reset(p.choices);
    reset(p.pieces);
    if (!p.arguments.empty()) p.arguments.clear();
    *into = {};
    into->usage = no_usage;
    dom::element root;
    sj_status status = sj::parse(p, bytes, count, readable, root);
    if (status != sj_ok && status != sj_mended) return status;
    dom::array wrapped;
    if (root.get(wrapped) == SUCCESS) {
        auto first = wrapped.begin();
        if (!(first != wrapped.end())) return sj_not_json;
        root = *first;
    }
    dom::object object;
    if (root.get(object) != SUCCESS) return sj_not_json;
    into->root = sj::to_value(root);
    read_root(p, object, takes_message, *into);
    into->choices = p.choices.data();
    into->choice_count = p.choices.size();
    into->pieces = p.pieces.data();
    into->piece_count = p.pieces.size();
    return status;
}
