import Measurement
import Schedule
import Simulator
import Testing
import Transport
import Wire

@testable import Engine

extension RunTests {
    /// The check over real sockets, against the simulated provider with each of its habits.
    @Suite struct Questioners {
        private func check(
            questions: Int = 2,
            off: [JSONMember]? = [JSONMember(name: "reasoning_effort", json: "\"none\"")],
            _ habits: (inout ServerHabits) -> Void
        ) throws -> CheckResult {
            var scenario = Scenario(name: "checked")
            scenario.prefill = .init(base: .milliseconds(5), perThousandTokens: .zero)
            scenario.step = .init(base: .milliseconds(2), perActive: .zero)
            habits(&scenario.habits)
            let service = try SimulatorService(SimulatorService.Options(scenario: scenario))
            defer { service.stop() }
            let provider = Provider(name: "test", authentication: .none)
            let target = EngineTarget(
                id: 1,
                name: "t",
                endpoint: Endpoint(scheme: .http, host: "127.0.0.1", port: service.port),
                basePath: "/v1",
                model: SimulatedProvider.model,
                provider: provider,
                headers: provider.api.headers,
                plan: RunPlan(
                    seed: 1,
                    workload: Workload(source: .synthetic(inputTokens: 8)),
                    warmupRequests: 0,
                    shapes: [.oneByOne(1)],
                    grace: .seconds(1)
                )
            )
            var evidence = CheckEvidence()
            evidence.target.model = SimulatedProvider.model
            evidence.reach.status = 200
            evidence.preset = Dialect(of: provider, model: target.model)
            let plan = CheckQuestions(
                preset: evidence.preset,
                questions: questions,
                cap: 64,
                reasoningOff: off,
                looksAtErrors: true
            )
            let seen = Questioner.run(plan, at: target, redactor: Redactor(secrets: []), seconds: 10, meanwhile: {})
            evidence.questions = seen.records
            evidence.dialect = seen.script.dialect
            evidence.knowsReasoningSwitch = off != nil
            return CheckResult(of: evidence)
        }

        @Test func `a good server is found to be one`() throws {
            let check = try check { _ in }
            #expect(check.isUsable)
            for finding in check.findings where finding.property != .firstToken {
                #expect(finding.verdict == .ok, "\(finding)")
            }
            #expect(check.answers.outputTokens == 128)
            #expect(check[.errors]?.seen.contains("HTTP 404") == true)
            #expect(check[.connection]?.seen.hasPrefix("HTTP/1.1") == true)
        }

        struct Odd: Sendable, CustomTestStringConvertible {
            var name: String
            var habits: @Sendable (inout ServerHabits) -> Void
            var property: CheckResult.Property
            var verdict: CheckResult.Verdict
            var testDescription: String { name }
        }

        @Test(arguments: [
            Odd(name: "buffered", habits: { $0.delivery = .buffered }, property: .streams, verdict: .failed),
            Odd(name: "one document", habits: { $0.delivery = .whole }, property: .streams, verdict: .failed),
            Odd(name: "no usage", habits: { $0.tellsUsage = false }, property: .usage, verdict: .odd),
            Odd(name: "no cap", habits: { $0.ignoresCap = 90 }, property: .maxTokens, verdict: .failed),
            Odd(
                name: "no temperature",
                habits: { $0.refuses = ["temperature"] },
                property: .temperature,
                verdict: .odd
            ),
            Odd(name: "says stop", habits: { $0.saysStop = true }, property: .stopReason, verdict: .odd),
            Odd(name: "reasons", habits: { $0.thinks = 20 }, property: .reasoning, verdict: .ok),
            Odd(
                name: "reasons always",
                habits: {
                    $0.thinks = 20
                    $0.thinksAlways = true
                },
                property: .reasoning,
                verdict: .odd
            ),
            Odd(name: "pages for errors", habits: { $0.errorsAreHTML = true }, property: .errors, verdict: .odd),
            Odd(
                name: "a limit",
                habits: { $0.rateLimit = .init(requests: 100, period: .seconds(60)) },
                property: .rateLimits,
                verdict: .ok
            ),
            Odd(name: "an empty purse", habits: { $0.quotaAfter = 0 }, property: .model, verdict: .unknown),
        ])
        func `what is odd about a server is found`(_ odd: Odd) throws {
            let check = try check(odd.habits)
            let finding = try #require(check[odd.property])
            #expect(finding.verdict == odd.verdict, "\(finding)")
            #expect(check.isUsable == (odd.verdict != .failed), "\(check.failedRequirements)")
            if odd.name == "a limit" { #expect(finding.seen.hasSuffix(" of 100")) }
        }

        @Test func `a server that wants other words is asked in them`() throws {
            let check = try check(questions: 1) { $0.refuses = ["temperature", "max_tokens", "stream_options"] }
            #expect(check.isUsable)
            #expect(check.dialect.maxTokensField == "max_completion_tokens")
            #expect(!check.dialect.sendsTemperature && !check.dialect.asksForUsage)
            #expect(check.learnt.count == 3 && check.requests == 5)
            #expect(check.answers.requests.scheduled == 1)
        }
    }
}
