import Testing

@testable import Measurement

/// Each verdict on what a gateway passes on, from counts of both sides.
@Suite struct FidelityTests {
    /// 100 answers of 40 tokens, all of them shown as they should be.
    private static func evidence(_ change: (inout ShownEvidence) -> Void = { _ in }) -> ShownEvidence {
        var shown = ShownEvidence()
        (shown.answers, shown.tried) = (100, 100)
        (shown.withUsage, shown.withCached, shown.withReasoningTokens, shown.withReasoning) = (100, 100, 100, 100)
        (shown.streamed, shown.long, shown.events, shown.reads) = (100, 100, 4000, 4000)
        for _ in 0..<100 { shown.inputTokens.add(256) }
        (shown.visibleTokens, shown.visibleBytes) = (3600, 14_400)
        shown.answerTokens = 4000
        // The first token after 50 ms, then one every 5 ms.
        for _ in 0..<100 {
            shown.ttft.add(50)
            shown.e2e.add(250)
        }
        let purposes: [QuestionRecord.Purpose] = [.wrongModel, .wrongModel, .brokenBody, .brokenBody]
        shown.refusals = purposes.map { purpose -> RefusalRecord in
            var refusal = RefusalRecord(purpose: purpose)
            refusal.status = purpose == .wrongModel ? 404 : 400
            refusal.meaning = purpose == .wrongModel ? "not_found" : "bad_request"
            refusal.words = purpose == .wrongModel ? "no such model" : "no JSON"
            return refusal
        }
        change(&shown)
        return shown
    }

    /// Ten users who all left after so many milliseconds.
    private static func ten(_ milliseconds: Double) -> [Double] { [Double](repeating: milliseconds, count: 10) }

    struct Case: Sendable {
        var name: String
        var property: GatewayResult.Property
        var verdict: GatewayResult.Verdict
        var deed: String?
        var direct: @Sendable (inout ShownEvidence) -> Void = { _ in }
        var through: @Sendable (inout ShownEvidence) -> Void = { _ in }
    }

    static let cases: [Case] = [
        Case(name: "usage as it is", property: .usage, verdict: .passedOn),
        Case(
            name: "usage gone",
            property: .usage,
            verdict: .dropped,
            deed: "drops usage on 100 % of requests",
            through: { ($0.withUsage, $0.withCached, $0.withReasoningTokens) = (0, 0, 0) }
        ),
        Case(
            name: "usage now and then",
            property: .usage,
            verdict: .changed,
            deed: "drops usage on 40 % of requests",
            through: { ($0.withUsage, $0.withCached, $0.withReasoningTokens) = (60, 60, 60) }
        ),
        Case(
            name: "one answer without usage is chance",
            property: .usage,
            verdict: .passedOn,
            through: { ($0.withUsage, $0.withCached, $0.withReasoningTokens) = (99, 99, 99) }
        ),
        Case(
            name: "neither tells",
            property: .usage,
            verdict: .notKnown,
            direct: { ($0.withUsage, $0.withCached, $0.withReasoningTokens) = (0, 0, 0) },
            through: { ($0.withUsage, $0.withCached, $0.withReasoningTokens) = (0, 0, 0) }
        ),
        Case(
            name: "usage of the gateway's own making",
            property: .usage,
            verdict: .changed,
            deed: "adds usage that the target does not report",
            direct: { ($0.withUsage, $0.withCached, $0.withReasoningTokens) = (0, 0, 0) }
        ),
        Case(
            name: "without the cached tokens",
            property: .usage,
            verdict: .changed,
            deed: "drops the count of cached input tokens",
            through: { $0.withCached = 0 }
        ),
        Case(
            name: "without the reasoning tokens",
            property: .usage,
            verdict: .changed,
            deed: "drops the count of reasoning tokens",
            through: { $0.withReasoningTokens = 0 }
        ),
        Case(
            name: "a prompt of the gateway's own before it",
            property: .usage,
            verdict: .changed,
            deed: "reports other input tokens",
            through: {
                $0.inputTokens = .init()
                for _ in 0..<100 { $0.inputTokens.add(280) }
            }
        ),
        Case(
            name: "prompts of changing length that scatter",
            property: .usage,
            verdict: .passedOn,
            direct: {
                $0.inputTokens = .init()
                for number in 0..<100 { $0.inputTokens.add(Double(100 + number * 3)) }
            },
            through: {
                $0.inputTokens = .init()
                for number in 5..<100 { $0.inputTokens.add(Double(100 + number * 3)) }
            }
        ),
        Case(
            name: "another tokenizer",
            property: .usage,
            verdict: .changed,
            deed: "reports other output tokens",
            through: { $0.visibleBytes = 16_000 }
        ),
        Case(
            name: "too few answers",
            property: .usage,
            verdict: .notKnown,
            through: { $0.answers = 4 }
        ),
        Case(name: "reasoning as it is", property: .reasoning, verdict: .passedOn),
        Case(
            name: "reasoning gone",
            property: .reasoning,
            verdict: .dropped,
            deed: "drops reasoning on 100 % of requests",
            through: { $0.withReasoning = 0 }
        ),
        Case(
            name: "a model that does not reason",
            property: .reasoning,
            verdict: .notKnown,
            direct: { $0.withReasoning = 0 },
            through: { $0.withReasoning = 0 }
        ),
        Case(name: "a stream as it is", property: .stream, verdict: .passedOn),
        Case(
            name: "in one piece",
            property: .stream,
            verdict: .dropped,
            deed: "sends 100 % of answers in one or two pieces",
            through: { ($0.streamed, $0.events, $0.reads) = (0, 4000, 100) }
        ),
        Case(
            name: "eight at a time",
            property: .stream,
            verdict: .changed,
            deed: "gathers 8 events before it sends them",
            through: { $0.reads = 500 }
        ),
        Case(
            name: "short answers",
            property: .stream,
            verdict: .notKnown,
            direct: { ($0.long, $0.events, $0.reads) = (0, 0, 0) },
            through: { ($0.long, $0.events, $0.reads) = (0, 0, 0) }
        ),
        Case(name: "errors as they are", property: .errors, verdict: .passedOn),
        Case(
            name: "another status",
            property: .errors,
            verdict: .changed,
            deed: "changes errors (HTTP 404 becomes HTTP 400)",
            through: {
                for place in 0..<2 { ($0.refusals[place].status, $0.refusals[place].meaning) = (400, "not_found") }
            }
        ),
        Case(
            name: "another meaning",
            property: .errors,
            verdict: .changed,
            deed: "changes errors (another meaning of HTTP 404)",
            through: { for place in 0..<2 { $0.refusals[place].meaning = "unknown" } }
        ),
        Case(
            name: "other words",
            property: .errors,
            verdict: .changed,
            deed: "changes errors (other words)",
            through: { for place in 0..<2 { $0.refusals[place].words = "gateway: no such model" } }
        ),
        Case(
            name: "words that are new each time",
            property: .errors,
            verdict: .passedOn,
            direct: { for place in 0..<4 { $0.refusals[place].words = "request \(place)" } },
            through: { for place in 0..<4 { $0.refusals[place].words = "request 1\(place)" } }
        ),
        Case(
            name: "an unknown model that the gateway refuses itself",
            property: .errors,
            verdict: .changed,
            deed: "changes errors (an answer becomes HTTP 404)",
            direct: {
                for place in 0..<2 {
                    $0.refusals[place] = RefusalRecord(purpose: .wrongModel)
                    $0.refusals[place].served = true
                }
            }
        ),
        Case(
            name: "no answer at all",
            property: .errors,
            verdict: .changed,
            deed: "changes errors (HTTP 400 becomes no answer)",
            through: {
                for place in 2..<4 {
                    $0.refusals[place] = RefusalRecord(purpose: .brokenBody)
                }
            }
        ),
        Case(
            name: "503 of the run becomes 502",
            property: .errors,
            verdict: .changed,
            deed: "changes errors (HTTP 503 becomes HTTP 502)",
            direct: { $0.failures = ["HTTP 503": 20] },
            through: { $0.failures = ["HTTP 502": 18] }
        ),
        Case(
            name: "a gateway that asks again hides errors",
            property: .errors,
            verdict: .changed,
            deed: "changes errors (HTTP 503 does not come through)",
            direct: { $0.failures = ["HTTP 503": 20] }
        ),
        Case(
            name: "errors of the run as they are",
            property: .errors,
            verdict: .passedOn,
            direct: { $0.failures = ["HTTP 503": 20] },
            through: { $0.failures = ["HTTP 503": 14] }
        ),
        Case(
            name: "failures of the gateway's own are no change of the target's errors",
            property: .errors,
            verdict: .passedOn,
            through: { $0.failures = ["HTTP 502": 30] }
        ),
        Case(
            name: "no error and no look",
            property: .errors,
            verdict: .notKnown,
            direct: { $0.refusals = [] },
            through: { $0.refusals = [] }
        ),
        Case(name: "nobody gave up", property: .cancellation, verdict: .notKnown),
        Case(
            name: "nobody but the upstream can tell",
            property: .cancellation,
            verdict: .notKnown,
            direct: { $0.leftAfter = Self.ten(100) },
            through: { $0.leftAfter = Self.ten(100) }
        ),
        // Ten users who gave up after ten of 40 tokens: 300 are left.
        Case(
            name: "the upstream stops",
            property: .cancellation,
            verdict: .passedOn,
            direct: { ($0.leftAfter, $0.made) = (Self.ten(100), 4110) },
            through: { ($0.leftAfter, $0.made) = (Self.ten(100), 4115) }
        ),
        Case(
            name: "the upstream goes on",
            property: .cancellation,
            verdict: .dropped,
            deed: "does not pass on cancellation (the upstream answers on)",
            direct: { ($0.leftAfter, $0.made) = (Self.ten(100), 4110) },
            through: { ($0.leftAfter, $0.made) = (Self.ten(100), 4390) }
        ),
        Case(
            name: "half of them",
            property: .cancellation,
            verdict: .notKnown,
            direct: { ($0.leftAfter, $0.made) = (Self.ten(100), 4110) },
            through: { ($0.leftAfter, $0.made) = (Self.ten(100), 4250) }
        ),
        Case(
            name: "a target that does not stop either",
            property: .cancellation,
            verdict: .notKnown,
            direct: { ($0.leftAfter, $0.made) = (Self.ten(100), 4400) },
            through: { ($0.leftAfter, $0.made) = (Self.ten(100), 4400) }
        ),
        Case(
            name: "hardly a token was left",
            property: .cancellation,
            verdict: .notKnown,
            direct: { ($0.leftAfter, $0.made) = (Self.ten(245), 4390) },
            through: { ($0.leftAfter, $0.made) = (Self.ten(245), 4400) }
        ),
        // Made before its user left, and held back by the gateway: nothing was received.
        Case(
            name: "a gateway that holds tokens back",
            property: .cancellation,
            verdict: .passedOn,
            direct: { ($0.leftAfter, $0.made) = (Self.ten(100), 4110) },
            through: {
                $0.leftAfter = Self.ten(150)
                $0.made = 4220
                $0.ttft = .init()
                for _ in 0..<100 { $0.ttft.add(200) }
            }
        ),
    ]

    @Test(arguments: cases.indices) func `a verdict rests on what was seen on both sides`(place: Int) throws {
        let one = Self.cases[place]
        let fidelity = Fidelity(direct: Self.evidence(one.direct), through: Self.evidence(one.through))
        let finding = try #require(fidelity.findings.first { $0.property == one.property })
        #expect(finding.verdict == one.verdict, "\(one.name): \(finding)")
        #expect(finding.deed == one.deed, "\(one.name): \(finding)")
        #expect(!finding.seen.isEmpty)
        #expect((finding.deed == nil) == (finding.verdict == .passedOn || finding.verdict == .notKnown))
        #expect(fidelity.findings.map(\.property) == GatewayResult.Property.allCases)
    }

    @Test func `input tokens are held against each other only where both were asked the same`() throws {
        var fidelity = Fidelity(
            direct: Self.evidence(),
            through: Self.evidence {
                $0.inputTokens = .init()
                for _ in 0..<100 { $0.inputTokens.add(280) }
            }
        )
        #expect(fidelity.findings.first?.verdict == .changed)
        fidelity.askedAlike = false
        #expect(fidelity.findings.first?.verdict == .passedOn)
    }
}
