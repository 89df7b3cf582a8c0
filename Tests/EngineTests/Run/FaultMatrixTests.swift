import Measurement
import Schedule
import Simulator
import Testing
import Ticks

@testable import Engine

extension RunTests {
    /// The fault matrix: what a server can do wrong, provoked by the simulated provider over real sockets, and what spate
    /// makes of it. `detail` is the class; what stands behind a colon is what the server's words add.
    @Suite struct FaultMatrix {
        struct Row: Sendable {
            var fault: Fault
            var outcome: Outcome
            var detail: String?
            var note: String?

            init(_ fault: Fault, _ outcome: Outcome, _ detail: String?, note: String? = nil) {
                self.fault = fault
                self.outcome = outcome
                self.detail = detail
                self.note = note
            }
        }

        struct Group: Sendable, CustomTestStringConvertible {
            var testDescription: String
            var gap = Duration.zero  // between requests
            var rows: [Row]
        }

        static let groups = [
            Group(
                testDescription: "statuses",
                rows: [
                    Row(.usageCumulative, .ok, nil),  // before a success one unknown model ends the run
                    Row(.http400, .http4xx, "http_4xx_400"),
                    Row(.contextLength, .http4xx, "http_4xx_400: context_length"),
                    Row(.http401, .auth, "http_4xx_401"),
                    Row(.http403, .auth, "http_4xx_403"),
                    Row(.http404, .http4xx, "http_4xx_404"),
                    Row(.http408, .http4xx, "http_4xx_408"),
                    Row(.http413, .http4xx, "http_4xx_413"),
                    Row(.http422, .http4xx, "http_4xx_422"),
                    Row(.http429, .rateLimited, "rate_limited"),
                    Row(.retryAfterDate, .rateLimited, "rate_limited"),
                    Row(.retryAfterGarbage, .rateLimited, "rate_limited"),
                    Row(.retryAfterHuge, .rateLimited, "rate_limited"),
                    Row(.http500, .http5xx, "http_5xx"),
                    Row(.http502, .http5xx, "http_5xx"),
                    Row(.http503, .overloaded, "http_5xx"),
                    Row(.modelLoading, .overloaded, "http_5xx: cold_loading"),
                    Row(.http504, .http5xx, "http_5xx"),
                    Row(.http529, .overloaded, "http_5xx"),
                    Row(.redirect, .http4xx, "redirect"),  // not followed
                    Row(.noContent, .empty, "empty", note: "HTTP 204"),
                    Row(.earlyHints, .ok, nil),  // 1xx is skipped
                ]
            ),
            // An empty purse ends the target, so each is the last of its run.
            Group(testDescription: "no credit", rows: [Row(.http402, .auth, "http_4xx_402")]),
            Group(testDescription: "no quota", rows: [Row(.quotaExhausted, .rateLimited, "rate_limited: billing")]),
            // A connection is used again only when it has outlived its answer by 100 ms.
            Group(
                testDescription: "a used connection dies",
                gap: .milliseconds(160),
                rows: [
                    Row(.usageCumulative, .ok, nil),
                    Row(.closeWithoutReply, .reset, "stale_connection"),  // and is not sent again
                ]
            ),
            Group(
                testDescription: "the connection dies",
                rows: [
                    Row(.closeWithoutReply, .reset, "reset_preheader"),
                    Row(.resetBeforeHead, .reset, "reset_preheader"),
                    Row(.resetAfterHead, .reset, "reset_midstream"),
                    Row(.resetMidstream, .reset, "reset_midstream"),
                    Row(.resetAfterEnd, .ok, nil, note: "reset_midstream after the end of the answer"),
                    Row(.closeAfterHead, .truncated, "truncated"),
                    Row(.closeMidstream, .truncated, "truncated"),
                ]
            ),
            Group(
                testDescription: "time",
                rows: [
                    Row(.noAnswer, .timeoutFirstToken, "ttft_timeout"),
                    Row(.slowHead, .timeoutFirstToken, "header_timeout"),
                    Row(.keepAliveOnly, .timeoutFirstToken, "ttft_timeout"),
                    Row(.stall, .timeoutIdle, "idle_timeout"),
                    Row(.slowBody, .timeoutTotal, "total_timeout"),
                    Row(.stallAndResume, .ok, nil),
                ]
            ),
            Group(
                testDescription: "HTTP's form",
                rows: [
                    Row(.chunkBadSize, .protocol, "protocol_chunk"),
                    Row(.chunkHugeSize, .protocol, "protocol_chunk"),
                    Row(.chunkNegativeSize, .protocol, "protocol_chunk"),
                    Row(.chunkTrailers, .ok, nil),
                    Row(.lengthTooLong, .truncated, "truncated"),
                    Row(.lengthTooShort, .ok, nil),  // what follows is ignored, and the connection closed
                    Row(.headerTooLong, .protocol, "protocol_limit"),
                    Row(.endlessLine, .protocol, "protocol_limit"),
                    Row(.longEvent, .ok, nil),
                    Row(.gzip, .protocol, "unsupported_encoding"),
                    Row(.webPage, .protocol, "not_a_stream"),
                ]
            ),
            Group(
                testDescription: "the stream's form",
                rows: [
                    Row(.byteByByte, .ok, nil),
                    Row(.noDone, .ok, nil, note: "no [DONE]"),
                    Row(.loneSurrogate, .ok, nil),
                    Row(.duplicateKeys, .ok, nil),
                    Row(.brokenJSON, .ok, "bad_json", note: "1 event could not be read"),
                    Row(.deepNesting, .ok, "bad_json", note: "1 event could not be read"),
                    Row(.errorBody, .inbandError, "inband_error"),
                    Row(.errorFirst, .inbandError, "inband_error"),
                    Row(.errorMidstream, .inbandError, "inband_error"),  // though tokens came
                    Row(.overloadMidstream, .overloaded, "inband_error: overloaded"),
                    Row(.finishError, .inbandError, "inband_error"),
                ]
            ),
            Group(
                testDescription: "the answer",
                rows: [
                    Row(.emptyStream, .truncated, "truncated", note: "no event came"),
                    Row(.emptyAnswer, .empty, "empty"),
                    Row(.roleOnly, .empty, "empty"),
                    Row(.lengthWithoutText, .empty, "truncated_length"),
                    Row(.reasoningOnly, .reasoningOnly, "reasoning_only"),
                    Row(.reasoningBudget, .reasoningOnly, "truncated_length"),
                    Row(.refusal, .refusal, "refusal"),
                    Row(.filtered, .filtered, "filtered"),
                    Row(.usageMissing, .ok, "usage_missing"),
                    Row(.usageZero, .ok, "usage_missing"),
                    Row(.usageMismatch, .ok, "usage_mismatch"),
                    Row(.usageCumulative, .ok, nil),
                    Row(.wholeAnswer, .ok, "not_streaming", note: "answered in one piece, not as a stream"),
                    Row(.oneEvent, .ok, "not_streaming"),
                    Row(.buffered, .ok, "buffered"),
                ]
            ),
        ]

        /// Faults whose outcome is not told by a table: what is not JSON for one reader is for another.
        static let untabled: Set<Fault> = [.none, .invalidUTF8, .hugeNumber, .chunkWithoutEnd, .echo]

        private func drive(_ faults: [Fault], gap: Duration = .zero) throws -> Driven {
            var scenario = Scenario(name: "faults")
            scenario.faults = faults
            let service = try SimulatorService(SimulatorService.Options(scenario: scenario))
            defer { service.stop() }
            var probe = PhaseShape.Probe(requests: faults.count)
            probe.gap = gap
            var rig = Rig(port: service.port, [.probe(probe)])
            rig.timeouts = Timeouts(
                connect: .seconds(2),
                firstToken: .milliseconds(700),
                idle: .milliseconds(500),
                total: .milliseconds(1500)
            )
            return rig.run()
        }

        @Test(arguments: groups)
        func `every fault of a server has its outcome, and its class as detail`(group: Group) throws {
            let driven = try drive(group.rows.map(\.fault), gap: group.gap)
            expectSoundBooks(driven)
            #expect(driven.requests.count == group.rows.count)
            for (row, request) in zip(group.rows, driven.requests) {
                let place: Comment = "\(row.fault.rawValue): \(request.note ?? "") \(request.error ?? "")"
                #expect(request.outcome == row.outcome, place)
                // Of what was read late nobody knows whether it came at once.
                let isLate = max(request.lateFirst ?? 0, request.lateLast ?? 0) >= Int64(request.tokenEvents) * 200_000
                #expect(request.detail == row.detail || row.detail == "buffered" && isLate, place)
                if let note = row.note { #expect(request.note == note, place) }
                #expect(request.useful == (row.outcome == .ok), place)
                let isSuccess = row.outcome.class == .success
                if !isSuccess { #expect(request.error == nil || !request.error!.isEmpty, place) }
            }
        }

        @Test func `every fault that the simulator knows is in the table`() {
            let tabled = Set(Self.groups.flatMap(\.rows).map(\.fault))
            #expect(tabled.union(Self.untabled) == Set(Fault.allCases))
        }

        @Test func `a stall that ends is a success with its gap, and half an answer is in no latency`() throws {
            let driven = try drive([.stallAndResume, .closeMidstream])
            let (stalled, cut) = (driven.requests[0], driven.requests[1])
            #expect((stalled.maxGap ?? 0) >= (driven.isSteady ? 150_000_000 : 1), "less what may be ours")
            #expect(cut.outputTokens == 2, "tokens that came are kept")
            #expect(cut.tokenSource == .events)
            let totals = RunResult(of: driven.run).targets[0].totals
            #expect(totals.ttftMilliseconds?.count == 1)
        }

        @Test func `bytes that are no text, numbers beyond any and chunks without an end crash nothing`() throws {
            let driven = try drive([.invalidUTF8, .hugeNumber, .chunkWithoutEnd, .usageCumulative])
            expectSoundBooks(driven)
            #expect(driven.requests.count == 4)
            #expect(driven.requests[3].outcome == .ok)
        }
    }
}
