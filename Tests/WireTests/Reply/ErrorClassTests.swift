import Testing
import Wire

@Suite struct ErrorClassTests {
    /// Rows after the taxonomy's own examples.
    @Test(arguments: [
        (401, nil, nil, "", ErrorClass.auth),
        (403, nil, nil, "Forbidden", .auth),
        (400, "INVALID_ARGUMENT", nil, "API key not valid. API_KEY_INVALID", .auth),
        (403, "permission_error", nil, "no", .permission),
        (403, nil, nil, "Your region is not supported", .permission),
        (412, nil, nil, "account suspended", .permission),
        (402, nil, nil, "", .billing),
        (429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota", .billing),
        (429, nil, "enforced_spend_limit_reached", "limit", .billing),
        (404, nil, nil, "", .notFound),
        (400, nil, "model_not_found", "The model `x` does not exist", .notFound),
        (429, nil, nil, "", .rateLimited),
        (429, "RESOURCE_EXHAUSTED", "429", "Quota exceeded per minute", .rateLimited),
        (413, nil, nil, "Request too large: tokens per minute (TPM)", .rateLimited),
        (429, nil, "too_many_requests", "slow down", .rateLimited),
        (503, nil, nil, "", .overloaded),
        (529, "overloaded_error", nil, "Overloaded", .overloaded),
        (498, "capacity_exceeded", nil, "", .overloaded),
        (429, "overloaded", nil, "Model is overloaded", .overloaded),
        (503, nil, nil, "server busy, please try again.  maximum pending requests exceeded", .overloaded),
        (503, "unavailable_error", "503", "Loading model", .coldLoading),
        (503, nil, nil, "Model meta-llama/x is currently loading", .coldLoading),
        (429, nil, nil, "ModelNotReadyException: Model is not ready", .coldLoading),
        (503, nil, nil, "scaling up from zero", .coldLoading),
        (503, nil, nil, "there is no healthy replica", .coldLoading),
        (500, nil, nil, "failed loading the model", .serverError),
        (400, nil, "context_length_exceeded", "too long", .contextLength),
        (400, nil, nil, "This model's maximum context length is 8192 tokens", .contextLength),
        (403, nil, nil, "The sum of token count and max_tokens exceeds", .contextLength),
        (413, nil, nil, "Payload Too Large", .badRequest),
        (400, "invalid_request_error", nil, "bad", .badRequest),
        (422, nil, nil, "", .badRequest),
        (400, nil, "content_filter", "blocked", .contentFilter),
        (403, nil, nil, "flagged by moderation", .contentFilter),
        (500, nil, nil, "", .serverError), (502, nil, nil, "", .serverError), (524, nil, nil, "", .serverError),
        (424, "generation", nil, "", .serverError),
        (408, nil, nil, "", .timeout), (504, "DEADLINE_EXCEEDED", nil, "", .timeout),
        (200, "server_error", "500", "engine died", .serverError),
        (200, nil, "429", "slow down", .rateLimited),
        (200, "overloaded_error", nil, "Overloaded", .overloaded),
        (200, "invalid_request_error", nil, "ctx", .badRequest),
        (200, nil, nil, "boom", .unknown), (302, nil, nil, "", .unknown),
    ])
    func `an error is classed by its words, then by its status`(
        status: Int,
        type: String?,
        code: String?,
        message: String,
        expected: ErrorClass
    ) {
        #expect(ErrorClass(status: status, error: ServerError(message: message, type: type, code: code)) == expected)
    }

    @Test func `without a body the status decides`() {
        #expect(ErrorClass(status: 503, error: nil) == .overloaded)
        #expect(ErrorClass(status: 200, error: nil) == .unknown)
    }
}
