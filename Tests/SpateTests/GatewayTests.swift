import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// What gateways before the simulated provider add and pass on, held against what they were told to do and against its
    /// journal.
    @Suite(.serialized) final class GatewayTests {
        private let folder: Folder
        private let provider: Spate
        private let port: Int

        init() throws {
            folder = try Folder()
            let scenario = try folder.write(
                """
                name: upstream
                replicas: 1
                slots: 16
                jitter: 0
                prefill: {base: 4ms, per_1k_tokens: 0ms}
                step: {base: 2ms, per_active: 0ms}
                habits: {thinks: 2}
                """,
                to: "scenario.yaml"
            )
            provider = try Spate(["simulate", "--port", "0", "--scenario", scenario, "--truth", folder["truth.jsonl"]])
            let child = provider
            #expect(wait(atMost: 20) { child.outSoFar.contains("http://") })
            let text = child.outSoFar.split(separator: "http://127.0.0.1:").last ?? ""
            port = try #require(Int(text.prefix { $0.isNumber }))
        }

        deinit { provider.send(SIGKILL) }

        /// The provider's, which has ended then.
        private func journal() throws -> [String: TruthFile.Request] {
            provider.send(SIGTERM)
            _ = try provider.end(within: 20)
            return try TruthFile(folder["truth.jsonl"]).requests
        }

        /// By gateway, from one run; the profile's lines below the targets.
        private func run(_ gateways: [(name: String, port: Int)], _ rest: String, metrics: Bool = false) throws -> JSON
        {
            func target(_ name: String, _ port: Int, _ more: String) -> String {
                let metrics = metrics ? ", metrics: 'http://127.0.0.1:\(self.port)/metrics'" : ""
                return "  - {name: \(name), url: 'http://127.0.0.1:\(port)', model: simulated\(metrics)\(more)}\n"
            }
            let targets =
                target("direct", port, "") + gateways.map { target($0.name, $0.port, ", gateway_to: direct") }.joined()
            let path = try folder.write("targets:\n\(targets)\(rest)\n", to: "gateway.yaml")
            let ended = try Spate.run(["run", path, "-o", folder["run"], "--quiet"], within: 90)
            #expect([0, 97, 98].contains(ended.status), "\(ended.all)")
            return try JSON(file: folder["run/summary.json"])
        }

        private static let ramp = """
            workload: {prompts: {calibrate: false, synthetic: {input_tokens: 16}}, max_tokens: 12}
            warmup: {requests: 1}
            phases: [ramp: {concurrency: [2, 2, 2, 2, 2], hold: 300ms, settle: 0s, min_requests: 8}]
            """

        private func gateway(_ summary: JSON, _ name: String) throws -> JSON {
            try #require(summary["comparison"]["gateways"].list.first { $0["target"].text == name })
        }

        private func verdict(_ gateway: JSON, _ property: String) -> String {
            gateway["fidelity"].list.first { $0["property"].text == property }?["verdict"].text ?? "none"
        }

        /// By target: the median of what lay between provider and client before the first token, by the provider's journal,
        /// milliseconds.
        private func way(_ summary: JSON) throws -> [String: Double] {
            let id = try #require(summary["run"]["id"].text)
            let journal = try journal()
            let rows = RequestSheet(try Spate.run(["report", folder["run"], "--csv"]).out).rows
            var found: [String: [Double]] = [:]
            for row in rows where row["measured"] == "1" {
                guard let entry = journal["\(id)-\(row["sequence"] ?? "")"], let first = entry.firstToken,
                    let ttft = row["ttft_ms"].flatMap({ Double($0) })
                else { continue }
                found[row["target"] ?? "", default: []].append(ttft - Double(first - entry.received) / 1e6)
            }
            return found.mapValues { values in values.sorted()[values.count / 2] }
        }

        @Test func `a delay of 20 ms is found, none is not, and what a proxy loses is named`() throws {
            let slow = DelayingProxy(upstream: port, delayMilliseconds: 20).start()
            let plain = DelayingProxy(upstream: port, dropsUsage: true).start()
            defer {
                slow.stop()
                plain.stop()
            }
            let summary = try run([("slow", slow.port), ("plain", plain.port)], Self.ramp)
            let way = try way(summary)
            let own = try #require(way["direct"])
            for (name, least) in [("slow", 20.0), ("plain", -3.0)] {
                let gateway = try gateway(summary, name)
                let truth = try #require(way[name]) - own
                let added = try #require(gateway["added_ttft_ms"]["value"].double)
                let ends = gateway["added_ttft_ms"]["ci95"].list.compactMap(\.double)
                // The median of the whole run is not the mean over blocks, and a busy machine is in both.
                #expect(truth >= least && ends.count == 2, "\(name): \(truth)")
                #expect(ends.count == 2 && ends[0] - 3 < truth && truth < ends[1] + 3, "\(name): \(ends), \(truth)")
                #expect(ends.count == 2 && ends[0] <= added && added <= ends[1])
                #expect(abs(gateway["added_gap_ms"]["value"].double ?? 9) < 3)
                #expect(gateway["failures"]["through"]["failed"].int == 0)
                #expect(verdict(gateway, "usage") == (name == "plain" ? "dropped" : "passed_on"))
                #expect(verdict(gateway, "reasoning") == "passed_on")
                // Where the machine is busy, tokens share reads.
                #expect(["passed_on", "changed"].contains(verdict(gateway, "stream")))
                #expect(verdict(gateway, "errors") == "passed_on")
                #expect(verdict(gateway, "cancellation") == "not_known")
            }
            let said = summary["headline"].list.compactMap(\.["text"].text)
            #expect(said.contains { $0.hasPrefix("slow adds ") && $0.contains(" ms to TTFT (") }, "\(said)")
            #expect(
                said.contains { $0.hasPrefix("plain ") && $0.contains("it drops usage on 100 % of requests") },
                "\(said)"
            )
        }

        @Test func `a proxy that reads on when its client has gone is found by the upstream's counters`() throws {
            let deaf = DelayingProxy(upstream: port, ignoresLeaving: true).start()
            defer { deaf.stop() }
            let summary = try run(
                [("deaf", deaf.port)],
                """
                workload:
                  prompts: {calibrate: false, synthetic: {input_tokens: 16}}
                  max_tokens: 200
                  cancel: {share: 0.6, after: 60ms}
                warmup: {requests: 0}
                phases: [steady: {concurrency: 1, for: 5s, settle: 0s}]
                """,
                metrics: true
            )
            let deafs = try gateway(summary, "deaf")
            #expect(verdict(deafs, "cancellation") == "dropped", "\(deafs["fidelity"].value ?? "")")
            // The journal knows whose requests they were: cut short by the client, or answered to nobody.
            let id = try #require(summary["run"]["id"].text)
            let rows = RequestSheet(try Spate.run(["report", folder["run"], "--csv"]).out).rows
            let journal = try journal()
            var outcomes: [String: Set<String>] = [:]
            for row in rows where row["outcome"] == "cancelled" {
                if let entry = journal["\(id)-\(row["sequence"] ?? "")"] {
                    outcomes[row["target"] ?? "", default: []].insert(entry.outcome)
                }
            }
            #expect(outcomes["deaf"] == ["completed"] && outcomes["direct"] == ["cancelled"], "\(outcomes)")
        }

        @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/nginx")))
        func `nginx passes on what the provider shows, and its own limit is no error of the provider's`() throws {
            let (open, narrow) = (ScriptedServer.closedPort(), ScriptedServer.closedPort())
            let configuration = try folder.write(
                """
                daemon off; master_process off; pid \(folder.path)/pid; error_log \(folder.path)/error.log;
                events { worker_connections 256; }
                http {
                  access_log off; client_body_temp_path \(folder.path)/b; proxy_temp_path \(folder.path)/p;
                  fastcgi_temp_path \(folder.path)/f; uwsgi_temp_path \(folder.path)/u; scgi_temp_path \(folder.path)/s;
                  limit_req_zone $server_port zone=one:1m rate=20r/s; limit_req_status 429;
                  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
                  server { listen 127.0.0.1:\(open); location / { proxy_pass http://127.0.0.1:\(port); } }
                  server { listen 127.0.0.1:\(narrow);
                    location / { proxy_pass http://127.0.0.1:\(port); limit_req zone=one burst=6 nodelay; } }
                }
                """,
                to: "nginx.conf"
            )
            let nginx = try Middleman("/usr/sbin/nginx", ["-p", folder.path, "-c", configuration], port: open)
            defer { nginx.stop() }
            let summary = try run([("nginx", open), ("narrow", narrow)], Self.ramp)
            for name in ["nginx", "narrow"] {
                let gateway = try gateway(summary, name)
                for property in ["usage", "reasoning"] {
                    #expect(verdict(gateway, property) == "passed_on", "\(name): \(gateway["fidelity"].value ?? "")")
                }
                #expect(verdict(gateway, "errors") == "passed_on", "\(name): \(gateway["fidelity"].value ?? "")")
            }
            let added = try gateway(summary, "nginx")["added_ttft_ms"]["ci95"].list.compactMap(\.double)
            let way = try way(summary)
            let truth = try #require(way["nginx"]) - (try #require(way["direct"]))
            #expect(added.count == 2 && added[0] - 3 < truth && truth < added[1] + 3, "\(added) against \(truth)")
            #expect(try gateway(summary, "nginx")["failures"]["through"]["failed"].int == 0)
            let failures = try gateway(summary, "narrow")["failures"]
            #expect((failures["ci95"][0].double ?? 0) > 0 && failures["direct"]["failed"].int == 0)
        }

        @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/haproxy")))
        func `haproxy gathers tokens unless it is told not to, and the first waits for the others`() throws {
            let (prompt, waiting) = (ScriptedServer.closedPort(), ScriptedServer.closedPort())
            let configuration = try folder.write(
                """
                defaults
                  mode http
                  timeout connect 5s
                  timeout client 60s
                  timeout server 60s
                listen prompt
                  bind 127.0.0.1:\(prompt)
                  option http-no-delay
                  server s 127.0.0.1:\(port)
                listen waiting
                  bind 127.0.0.1:\(waiting)
                  server s 127.0.0.1:\(port)

                """,
                to: "haproxy.cfg"
            )
            let haproxy = try Middleman("/usr/sbin/haproxy", ["-db", "-f", configuration], port: prompt)
            defer { haproxy.stop() }
            let summary = try run(
                [("prompt", prompt), ("waiting", waiting)],
                Self.ramp.replacingOccurrences(of: "max_tokens: 12", with: "max_tokens: 40")
            )
            let (quick, slow) = (try gateway(summary, "prompt"), try gateway(summary, "waiting"))
            #expect(verdict(slow, "stream") == "changed", "\(slow["fidelity"].value ?? "")")
            #expect(verdict(quick, "usage") == "passed_on" && verdict(slow, "usage") == "passed_on")
            // The first token waits for the others.
            #expect((slow["added_ttft_ms"]["value"].double ?? 0) > 10 + (quick["added_ttft_ms"]["value"].double ?? 99))
        }
    }
}

/// A program of the system's between client and provider.
private final class Middleman {
    private let process = Process()

    init(_ program: String, _ arguments: [String], port: Int) throws {
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let isThere = wait(atMost: 10) {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            return Loopback.with(port: port) { connect(descriptor, $0, $1) } == 0
        }
        #expect(isThere, "\(program) does not listen")
    }

    func stop() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
