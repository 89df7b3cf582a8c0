import Glibc
import Measurement
import Schedule
import Simulator
import Synchronization
import TestSupport
import Testing
import Transport
import Wire

@testable import Engine

extension RunTests {
    /// The fault matrix once more, behind real proxies: what they make of a fault of the server behind them.
    @Suite struct Middlemen {
        /// "directly", and each kind.
        static let ways = ["directly"] + Middleman.Kind.allCases.map(\.rawValue)

        /// One server after another on the same port behind the middleman, each with one fault.
        @Test(arguments: ways)
        func `a fault of the server has its outcome and its class, directly and behind a middleman`(way: String) throws
        {
            let port = ScriptedServer.quietPort()
            var men: [Bool: Middleman] = [:]  // by whether time is what is wrong
            if let kind = Middleman.Kind(rawValue: way) {
                for isTime in [false, true] {
                    men[isTime] = try Middleman(kind, before: port, patience: isTime ? 500 : 10_000)
                    if men[isTime] == nil { return #expect(!kind.isInstalled, "\(kind) did not start") }
                }
            }
            defer { men.values.forEach { $0.stop() } }
            for row in FaultTable.rows {
                let fault = try #require(Fault(rawValue: row.fault))
                var scenario = Scenario(name: "fault")
                scenario.faults = [fault]
                var options = SimulatorService.Options(scenario: scenario)
                options.port = port
                let service = try Self.served(options)
                let isTime = row.outcome.hasPrefix("timeout")
                var rig = Self.rig(port, before: men[isTime], [.oneByOne(1)])
                if isTime { rig.timeouts = Self.short }
                let driven = rig.run()
                service.stop()
                expectSoundBooks(driven)
                let request = try #require(driven.requests.first)
                let seen = FaultTable.cell(request.outcome.rawValue, request.detail)
                let words = "\(request.note ?? "") \(request.error ?? "")"
                #expect(row.allowed(way).contains(seen), "\(way), \(row.fault): \(seen), \(words)")
            }
        }

        /// Tried for two seconds: a program that another test starts at this moment holds a copy of the last server's sockets
        /// from its fork to its exec, and the port is taken as long.
        private static func served(_ options: SimulatorService.Options) throws -> SimulatorService {
            for _ in 0..<200 {
                if let service = try? SimulatorService(options) { return service }
                pause(milliseconds: 10)
            }
            return try SimulatorService(options)
        }

        private static let short = Timeouts(
            connect: .seconds(2),
            firstToken: .seconds(1),
            idle: .milliseconds(700),
            total: .seconds(2)
        )

        static func rig(_ port: Int, before man: Middleman?, _ shapes: [PhaseShape], headers: [Header] = []) -> Rig {
            var rig = Rig(port: port, shapes)
            rig.targets[0].headers = headers
            let endpoint = man?.endpoint
            rig.targets[0].change = {
                $0.model = "simulated"
                if let endpoint { $0.endpoint = endpoint }
            }
            return rig
        }
    }
}

extension RunTests.Middlemen {
    /// A fault that the middleman makes itself, of a sound server behind it.
    struct Made: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var kind: Middleman.Kind
        var settings = ""
        var upstream = Upstream.sound
        var headers: [Header] = []
        var outcomes: [Outcome]
        var detail: String?

        enum Upstream { case sound, refused }

        init(
            _ name: String,
            _ kind: Middleman.Kind,
            settings: String = "",
            upstream: Upstream = .sound,
            headers: [Header] = [],
            _ outcomes: [Outcome],
            _ detail: String?
        ) {
            testDescription = "\(kind): \(name)"
            (self.kind, self.settings, self.upstream, self.headers) = (kind, settings, upstream, headers)
            (self.outcomes, self.detail) = (outcomes, detail)
        }
    }

    private static let long = [Header(name: "X-Long", value: String(repeating: "a", count: 9_000))]

    static let made = [
        Made("nothing", .nginx, [.okLength, .okLength], nil),
        Made("nothing", .haproxy, [.okLength, .okLength], nil),
        Made("nothing", .nghttpx, [.okLength, .okLength], nil),
        Made("nothing", .stunnel, [.okLength, .okLength], nil),
        Made("no server behind it: its page of 502", .nginx, upstream: .refused, [.http5xx, .http5xx], "http_5xx"),
        Made(
            "no server behind it: its page of 503",
            .haproxy,
            upstream: .refused,
            [.overloaded, .overloaded],
            "http_5xx"
        ),
        Made("no server behind it: it hangs up", .stunnel, upstream: .refused, [.reset, .reset], "reset_preheader"),
        Made(
            "its limit of requests",
            .nginx,
            settings: "limit_req zone=one;",
            [.okLength, .rateLimited],
            "rate_limited"
        ),
        Made(
            "its limit of a body: 413",
            .nginx,
            settings: "client_max_body_size 10;",
            [.http4xx, .http4xx],
            "http_4xx_413"
        ),
        Made(
            "its rule against a body: 413",
            .haproxy,
            settings: "http-request deny deny_status 413 if { req.hdr_val(content-length) gt 10 }",
            [.http4xx, .http4xx],
            "http_4xx_413"
        ),
        Made("its limit of a head: 400", .nginx, headers: long, [.http4xx, .http4xx], "http_4xx_400"),
        // None of nghttpx, which answers 431 before the body has come: libcurl 7.88 makes an error 92 of it now and then.
        Made(
            "compression that nobody asked for",
            .haproxy,
            settings: """
                http-request set-header Accept-Encoding gzip
                  filter compression
                  compression algo gzip
                  compression type text/event-stream
                """,
            [.protocol, .protocol],
            "unsupported_encoding"
        ),
    ]

    @Test(arguments: made)
    func `a fault that a middleman makes has its outcome and its class`(row: Made) throws {
        let service = try SimulatorService(SimulatorService.Options(scenario: Scenario(name: "sound")))
        defer { service.stop() }
        let port = row.upstream == .sound ? service.port : ScriptedServer.quietPort()
        guard let man = try Middleman(row.kind, before: port, settings: row.settings) else {
            return #expect(!row.kind.isInstalled, "\(row.kind) did not start")
        }
        defer { man.stop() }
        let driven = Self.rig(0, before: man, [.oneByOne(2)], headers: row.headers).run()
        expectSoundBooks(driven)
        let words = driven.requests.map { "\($0.detail ?? "") \($0.note ?? "") \($0.error ?? "")" }
        #expect(driven.requests.map(\.outcome) == row.outcomes, "\(words)")
        #expect(driven.requests.last?.detail == row.detail, "\(words)")
    }
}

extension RunTests.Middlemen {
    @Test(arguments: Middleman.Kind.allCases)
    func `a middleman that is killed amid a stream cuts it, and refuses the next`(kind: Middleman.Kind) throws {
        let victim = Mutex<pid_t>(0)
        let server = ChatServer { exchange in
            exchange.head()
            exchange.piece(ReplySample.role + ReplySample.text("half an"))
            pause(milliseconds: 50)
            kill(victim.withLock { $0 }, SIGKILL)
            pause(milliseconds: 50)
            return .close
        }
        defer { server.stop() }
        guard let man = try Middleman(kind, before: server.port) else {
            return #expect(!kind.isInstalled, "\(kind) did not start")
        }
        defer { man.stop() }
        victim.withLock { $0 = man.processID }
        let driven = Self.rig(0, before: man, [.oneByOne(2)]).run()
        expectSoundBooks(driven)
        // The next is refused, or cut where the kernel had still taken its connection: amid a handshake, where there is one.
        #expect(driven.requests.first?.outcome == .truncated)
        let words = driven.requests.map { "\($0.outcome) \($0.detail ?? "") \($0.error ?? "")" }
        #expect([.connect, .reset, .tls].contains(driven.requests.last?.outcome), "\(words)")
        #expect(driven.requests.count == 2)
    }

    /// RFC 9113, 6.8: what GOAWAY says was taken goes on to its end.
    @Test func `a middleman that is told to quit ends no stream that it has taken`() throws {
        let victim = Mutex<pid_t>(0)
        let server = ChatServer { exchange in
            if exchange.number == 3 { kill(victim.withLock { $0 }, SIGQUIT) }
            exchange.answer(wait: 100, tokens: 4, gap: 20)
            return .close
        }
        defer { server.stop() }
        guard let man = try Middleman(.nghttpx, before: server.port) else {
            return #expect(!Middleman.Kind.nghttpx.isInstalled, "nghttpx did not start")
        }
        defer { man.stop() }
        victim.withLock { $0 = man.processID }
        let driven = Self.rig(0, before: man, [.batch(.init(requests: 4, concurrency: 4))]).run()
        expectSoundBooks(driven)
        #expect(driven.outcomes == [.ok: 4])
    }
}
