import Schedule
import Testing

@testable import Engine

@Suite struct AnswerCheckTests {
    private static func expectation(_ change: (inout AnswerExpectation) -> Void) -> AnswerExpectation {
        var expectation = AnswerExpectation()
        change(&expectation)
        return expectation
    }

    @Test(
        arguments: [
            ("Paris is it", expectation { $0.contains = ["Paris"] }, true),
            ("Lyon", expectation { $0.contains = ["Paris"] }, false),
            ("Paris", expectation { $0.contains = ["Paris", "Lyon"] }, false),
            ("42 apples", expectation { $0.regex = "^[0-9]+ " }, true),
            ("about 42 apples", expectation { $0.regex = "^[0-9]+ " }, false),
            ("{\"a\": [1, 2]}", expectation { $0.json = true }, true),
            ("{\"a\": [1, 2}", expectation { $0.json = true }, false),
            ("Sure! {}", expectation { $0.json = true }, false),
            ("", expectation { $0.json = true }, false),
            ("äöü", expectation { $0.minChars = 3 }, true),
            ("äö", expectation { $0.minChars = 3 }, false),
            (
                "[1]",
                expectation {
                    $0.json = true
                    $0.minChars = 4
                }, false
            ),
        ]
    ) func `an answer is useful when it meets all that is expected`(
        text: String,
        expected: AnswerExpectation,
        isMet: Bool
    )
        throws
    {
        var workload = Workload(source: .synthetic(inputTokens: 8))
        workload.expectation = expected
        let check = try #require(AnswerCheck(workload))
        #expect((check.shortfall(of: text, index: 7) == nil) == isMet)
    }

    @Test func `a prompt's own expectation goes before the workload's, and without any nothing is checked`() throws {
        var workload = Workload(source: .list([Prompt("a"), Prompt("b")]))
        #expect(AnswerCheck(workload) == nil)
        workload.expectation = Self.expectation { $0.contains = ["x"] }
        var own = Prompt("c")
        own.expectation = Self.expectation { $0.contains = ["y"] }
        workload.source = .list([Prompt("a"), own])
        let check = try #require(AnswerCheck(workload))
        #expect(check.shortfall(of: "x", index: 0) == nil)
        #expect(check.shortfall(of: "x", index: 1) != nil)
        #expect(check.shortfall(of: "y", index: 3) == nil)
    }

    @Test func `prompts are shared only where no nonce makes each its own`() {
        var workload = Workload(source: .list([Prompt("a"), Prompt("b"), Prompt("c")]))
        #expect(!workload.sharesPrompts)
        workload.cache = .allow
        #expect(workload.sharesPrompts)
        workload.source = .synthetic(inputTokens: 8)
        #expect(workload.sharesPrompts)
        workload.inputLength = .uniform(4, 8)
        #expect(!workload.sharesPrompts)
    }
}
