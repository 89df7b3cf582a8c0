import Measurement
import Testing

@Suite struct FailureResultTests {
    private func request(
        _ outcome: Outcome,
        detail: String? = nil,
        status: Int? = nil,
        error: String? = nil
    ) -> RequestRecord {
        var request = RequestRecord()
        request.outcome = outcome
        request.detail = detail
        request.httpStatus = status
        request.error = error
        return request
    }

    @Test func `failures are counted by kind, the most frequent first, with the first words that were said`() {
        let requests = [
            request(.ok), request(.reset, error: "cut"), request(.http5xx, status: 502),
            request(.http5xx, status: 502, error: "upstream"), request(.http5xx, status: 502, error: "later words"),
            request(.http5xx, status: 500), request(.okLength), request(.cancelled), request(.notSent),
            request(.rateLimited, status: 429, error: "slow down"), request(.clientResource, detail: "EMFILE"),
        ]
        #expect(
            FailureResult.kinds(of: requests) == [
                FailureResult(outcome: .http5xx, detail: nil, httpStatus: 502, words: "upstream", requests: 3),
                FailureResult(outcome: .clientResource, detail: "EMFILE", httpStatus: nil, words: nil, requests: 1),
                FailureResult(outcome: .reset, detail: nil, httpStatus: nil, words: "cut", requests: 1),
                FailureResult(outcome: .rateLimited, detail: nil, httpStatus: 429, words: "slow down", requests: 1),
                FailureResult(outcome: .http5xx, detail: nil, httpStatus: 500, words: nil, requests: 1),
            ]
        )
    }

    @Test func `the list ends at its limit`() {
        let requests = (0..<50).map { request(.http4xx, detail: "kind \($0)", status: 400) }
        #expect(FailureResult.kinds(of: requests).count == 20)
        #expect(FailureResult.kinds(of: requests, limit: 3).count == 3)
        #expect(FailureResult.kinds(of: [RequestRecord]()).isEmpty)
    }
}
