/// One way in which a simulated provider fails on purpose, in the form of the chat API.
///
/// A scenario's `faults` is a list of them: the n-th request suffers the n-th, over and over. They come at once, without
/// the model's queue. What spate makes of each is told by a table in its tests.
public enum Fault: String, Sendable, Hashable, CaseIterable {
    /// No fault: the request is answered as the scenario says.
    case none

    // Statuses with an error body.
    case http400 = "http_400"
    case contextLength = "context_length"
    case http401 = "http_401"
    case http402 = "http_402"
    case http403 = "http_403"
    case http404 = "http_404"
    case http408 = "http_408"
    case http413 = "http_413"
    case http422 = "http_422"
    case http429 = "http_429"
    case retryAfterDate = "retry_after_date"
    case retryAfterGarbage = "retry_after_garbage"
    case retryAfterHuge = "retry_after_huge"
    case quotaExhausted = "quota_exhausted"  // 429 for an empty purse
    case http500 = "http_500"
    case http502 = "http_502"  // a proxy's page
    case http503 = "http_503"
    case modelLoading = "model_loading"
    case http504 = "http_504"
    case http529 = "http_529"
    case redirect
    case noContent = "no_content"  // 204
    case earlyHints = "early_hints"  // 103, then an answer

    // The connection.
    case closeWithoutReply = "close_without_reply"
    case resetBeforeHead = "reset_before_head"
    case resetAfterHead = "reset_after_head"
    case resetMidstream = "reset_midstream"
    case resetAfterEnd = "reset_after_end"
    case closeAfterHead = "close_after_head"
    case closeMidstream = "close_midstream"

    // Time.
    case noAnswer = "no_answer"
    case slowHead = "slow_head"  // a header byte every 50 ms
    case slowBody = "slow_body"  // a token, then a comment byte every 50 ms
    case keepAliveOnly = "keep_alive_only"  // comments, never a token
    case stall  // a token, then nothing
    case stallAndResume = "stall_and_resume"  // 150 ms of silence

    // HTTP's form.
    case chunkBadSize = "chunk_bad_size"
    case chunkHugeSize = "chunk_huge_size"
    case chunkNegativeSize = "chunk_negative_size"
    case chunkWithoutEnd = "chunk_without_end"  // no CRLF behind its bytes
    case chunkTrailers = "chunk_trailers"
    case lengthTooLong = "length_too_long"  // Content-Length above what comes
    case lengthTooShort = "length_too_short"  // bytes behind it
    case headerTooLong = "header_too_long"  // a line of 1 MB
    case endlessLine = "endless_line"  // 17 MiB without a line end
    case longEvent = "long_event"  // 1 MB
    case gzip  // though not asked for
    case webPage = "web_page"  // HTML with status 200

    // The stream's form.
    case byteByByte = "byte_by_byte"
    case noDone = "no_done"
    case invalidUTF8 = "invalid_utf8"
    case loneSurrogate = "lone_surrogate"
    case hugeNumber = "huge_number"  // 1e400
    case duplicateKeys = "duplicate_keys"
    case deepNesting = "deep_nesting"  // 10,000 levels
    case brokenJSON = "broken_json"

    // Errors inside a reply that began with status 200.
    case errorBody = "error_body"
    case errorFirst = "error_first"
    case errorMidstream = "error_midstream"
    case overloadMidstream = "overload_midstream"
    case finishError = "finish_error"

    // The answer.
    case emptyStream = "empty_stream"
    case emptyAnswer = "empty_answer"
    case roleOnly = "role_only"
    case reasoningOnly = "reasoning_only"
    case reasoningBudget = "reasoning_budget"  // all tokens spent on reasoning
    case lengthWithoutText = "length_without_text"
    case refusal
    case filtered

    // What does not fit together.
    case usageMissing = "usage_missing"
    case usageZero = "usage_zero"
    case usageMismatch = "usage_mismatch"
    case usageCumulative = "usage_cumulative"
    case wholeAnswer = "whole_answer"  // one JSON document although a stream was asked for
    case oneEvent = "one_event"  // all text in one event
    case buffered  // all events at once

    /// Echoes the request's headers, the key among them, wherever a server can: status line, headers, error text.
    case echo
}
