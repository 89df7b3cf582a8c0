import Measurement
import Testing
import Transport
import Wire

@testable import Engine

private typealias R = ReplySample

/// Answers with status 200, from failures of form to those of content.
extension OutcomeRuleTests {
    static let answersThatFail: [Case] = [
        Case(
            name: "HTML with status 200",
            type: "text/html",
            body: "<!doctype html><title>Welcome</title>",
            outcome: .protocol,
            detail: "not_a_stream"
        ),
        Case(
            name: "plain text with status 200",
            type: "text/plain",
            body: "upstream is down",
            outcome: .protocol,
            detail: "not_a_stream"
        ),
        Case(
            name: "an error inside the stream, before any token",
            body: R.role + R.error(type: "server_error", code: "500"),
            outcome: .inbandError,
            detail: "inband_error: server_error"
        ),
        Case(
            name: "an error inside the stream, behind tokens",
            body: R.role + R.text("a") + R.error(type: "server_error"),
            outcome: .inbandError,
            detail: "inband_error: server_error"
        ),
        Case(
            name: "an error inside the stream, behind its end",
            body: R.text("a") + R.finish("stop") + R.error(type: "server_error"),
            outcome: .ok,
            detail: "usage_missing",
            note: "an error after the end; no [DONE]"
        ),
        Case(
            name: "an error as a JSON body with status 200",
            type: "application/json",
            body: "{\"error\":{\"message\":\"no\",\"type\":\"bad\"}}",
            outcome: .inbandError,
            detail: "inband_error"
        ),
        Case(
            name: "a finish reason that says error",
            body: R.text("a") + R.finish("error") + R.done,
            outcome: .inbandError,
            detail: "inband_error"
        ),
        Case(
            name: "overloaded inside the stream, by type",
            body: R.role + R.error(type: "overloaded_error"),
            outcome: .overloaded,
            detail: "inband_error: overloaded"
        ),
        Case(
            name: "overloaded inside the stream, by code 503",
            body: R.role + R.error(type: "x", code: "503"),
            outcome: .overloaded,
            detail: "inband_error: overloaded"
        ),
        Case(
            name: "overloaded inside the stream, by code 529",
            body: R.role + R.error(type: "x", code: "529"),
            outcome: .overloaded,
            detail: "inband_error: overloaded"
        ),
        Case(
            name: "a body that ends without a sign",
            body: R.role + R.text("a"),
            outcome: .truncated,
            detail: "truncated",
            note: "no sign of an end"
        ),
        Case(name: "no body at all", outcome: .truncated, detail: "truncated", note: "no event came"),
        Case(
            name: "nothing but keep-alives",
            body: ": ping\n\n",
            outcome: .truncated,
            detail: "truncated",
            note: "no event came"
        ),
    ]

    // MARK: the model's answer

    static let answers: [Case] = [
        Case(
            name: "a whole answer",
            body: R.role + R.text("a") + R.finish("stop") + R.usage(input: 3, output: 1) + R.done,
            outcome: .ok
        ),
        Case(
            name: "a tool call",
            body: R.chunk(
                "\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]"
            )
                + R.finish("tool_calls") + R.done,
            outcome: .ok,
            detail: "usage_missing"
        ),
        Case(
            name: "a tool call without arguments",
            body: R.chunk(
                "\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]"
            )
                + R.finish("tool_calls") + R.done,
            outcome: .ok
        ),
        Case(
            name: "an answer cut by max_tokens",
            body: R.text("a") + R.finish("length") + R.done,
            outcome: .okLength,
            detail: "usage_missing"
        ),
        Case(
            name: "a finish reason without [DONE]",
            body: R.text("a") + R.finish("stop"),
            outcome: .ok,
            detail: "usage_missing",
            note: "no [DONE]"
        ),
        Case(
            name: "[DONE] without a finish reason",
            body: R.text("a") + R.done,
            outcome: .ok,
            detail: "usage_missing",
            note: "no finish reason"
        ),
        Case(
            name: "a reset behind the end",
            failure: failure(.reset, "reset_midstream"),
            body: R.text("a") + R.finish("stop") + R.done,
            outcome: .ok,
            detail: "usage_missing",
            note: "reset_midstream after the end of the answer"
        ),
        Case(
            name: "a body cut behind the end",
            failure: failure(.truncated, "truncated_body"),
            body: R.text("a") + R.finish("length") + R.done,
            outcome: .okLength,
            detail: "usage_missing",
            note: "truncated_body after the end of the answer"
        ),
        Case(
            name: "a reset behind a finish reason, instead of [DONE]",
            failure: failure(.reset, "reset_midstream"),
            body: R.text("a") + R.finish("stop"),
            outcome: .ok,
            detail: "usage_missing",
            note: "no [DONE]; reset_midstream after the end of the answer"
        ),
        Case(
            name: "an answer in one piece",
            type: "application/json",
            body: "{\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                + "\"content\":\"hello\"},\"finish_reason\":\"stop\"}]}",
            outcome: .ok,
            detail: "not_streaming",
            note: "answered in one piece, not as a stream"
        ),
        Case(
            name: "an event that is no JSON",
            body: R.text("a") + "data: {oops\n\n" + R.finish("stop") + R.done,
            outcome: .ok,
            detail: "usage_missing",
            note: "1 event could not be read"
        ),
        Case(
            name: "a refusal in words",
            body: R.chunk("\"refusal\":\"I cannot\"") + R.finish("stop") + R.done,
            outcome: .refusal,
            detail: "refusal"
        ),
        Case(
            name: "a refusal by reason",
            body: R.text("a") + R.finish("refusal") + R.done,
            outcome: .refusal,
            detail: "refusal"
        ),
        Case(
            name: "filtered",
            body: R.text("a") + R.finish("content_filter") + R.done,
            outcome: .filtered,
            detail: "filtered"
        ),
        Case(
            name: "filtered before a word",
            body: R.role + R.finish("content_filter") + R.done,
            outcome: .filtered,
            detail: "filtered"
        ),
        Case(name: "an empty answer", body: R.role + R.finish("stop") + R.done, outcome: .empty, detail: "empty"),
        Case(
            name: "cut by max_tokens before a word",
            body: R.role + R.finish("length") + R.done,
            outcome: .empty,
            detail: "truncated_length"
        ),
        Case(
            name: "cut by max_tokens before a word, and billed up to it: nothing but reasoning",
            body: R.role + R.finish("length") + R.usage(input: 3, output: 16) + R.done,
            outcome: .reasoningOnly,
            detail: "truncated_length"
        ),
        Case(name: "[DONE] alone", body: R.done, outcome: .empty, detail: "empty"),
        Case(name: "status 204", status: 204, type: nil, outcome: .empty, detail: "empty", note: "HTTP 204"),
        Case(
            name: "reasoning and no answer",
            body: R.reasoning("hm") + R.finish("length") + R.done,
            outcome: .reasoningOnly,
            detail: "truncated_length"
        ),
        Case(
            name: "reasoning that was billed and not shown, and no answer",
            body: R.role + R.finish("stop") + R.usage(input: 3, output: 7, reasoning: 7) + R.done,
            outcome: .reasoningOnly,
            detail: "reasoning_only"
        ),
    ]
}
