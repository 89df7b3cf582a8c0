import Foundation
import Glibc
import Schedule
import TestSupport
import Testing

extension CommandTests {
    /// A key leaves the process as a header and in no other way.
    @Suite struct SecretTests {
        private static let key = "sk-canary+7f3a/9c2e=b61d"

        @Test func `a key that the server echoes in every dress is on no file and in no output`() throws {
            let folder = try Folder()
            let server = ScriptedServer.answering { request in
                guard request.contains("Bearer \(Self.key)") else {
                    return ScriptedServer.answer("400 Bad Request", "text/plain", "no key came")
                }
                if request.hasPrefix("GET") {
                    return ScriptedServer.answer("200 OK", "application/json", #"{"data":[{"id":"m"}]}"#)
                }
                return ScriptedServer.answer(
                    "500 Internal Server Error",
                    "application/json",
                    #"{"error":{"message":"you sent \#(Self.dressesInJSON)"}}"#
                )
            }
            let ended = try Spate.run(
                [
                    "ramp", "--concurrency", "2", "--hold", "300ms", "--settle", "50ms", "--hold-max", "500ms", "--url",
                    server.url, "--model", "m", "--key-env", "CANARY", "-o", folder["run"],
                ],
                environment: ["CANARY": Self.key],
                within: 20
            )
            #expect(ended.status == 98, "\(ended.all)")
            #expect(server.requests > 2)
            let outcomes = try JSON(file: folder["run/summary.json"])["targets"][0]["totals"]["outcomes"]
            #expect((outcomes["http_5xx"].int ?? 0) > 0, "the server did not get the key: \(outcomes.keys)")
            let csv = try Spate.run(["report", folder["run"], "--csv"])
            #expect(csv.out.contains("you sent"), "the message was to be kept, without the key")

            let names = try FileManager.default.contentsOfDirectory(atPath: folder["run"])
            #expect(names.contains("run.sqlite") && names.contains("profile.yaml"))
            var texts = try names.map { ($0, String(decoding: try folder.bytes(of: "run/\($0)"), as: UTF8.self)) }
            texts += [("output", ended.all), ("csv", csv.all)]
            texts += try Self.views(of: folder["run"])
            for (place, text) in texts { Self.expectNoKey(in: text, place) }
            let profile = String(decoding: try folder.bytes(of: "run/profile.yaml"), as: UTF8.self)
            #expect(profile.contains("CANARY"), "where the key comes from is kept")
        }

        @Test func `a key sent through every fault, and echoed in status line, headers and words, is nowhere`() throws {
            let folder = try Folder()
            // What an empty purse is ends the target, so that comes last; in between the key is echoed again and again.
            let purse: [Fault] = [.quotaExhausted, .http402]
            let others = Fault.allCases.filter { !purse.contains($0) && $0 != .echo }
            let mixed = others.enumerated().flatMap { $0 % 8 == 7 ? [$1, .echo] : [$1] } + [.echo, .quotaExhausted]
            let faults = mixed.map(\.rawValue).joined(separator: ", ")
            let count = mixed.count
            let scenario = try folder.write("{replicas: 1, faults: [\(faults)]}", to: "faults.yaml")
            let server = try Spate(["simulate", "--port", "0", "--scenario", scenario])
            defer { server.send(SIGKILL) }
            #expect(wait(atMost: 10) { server.outSoFar.hasSuffix("\n") })
            let port = try #require(server.outSoFar.split(separator: ":").last.flatMap { Int($0.dropLast()) })
            let ended = try Spate.run(
                [
                    "probe", "--request-count", "\(count)", "--gap", "1ms", "--warmup-request-count", "0",
                    "--max-tokens", "4", "--set", "timeouts={first_token: 400ms, idle: 300ms, total: 800ms}",
                    "--url", "127.0.0.1:\(port)", "--model", "simulated", "--no-preflight", "--key-env", "CANARY",
                    "-o", folder["run"],
                ],
                environment: ["CANARY": Self.key],
                within: 60
            )
            let csv = try Spate.run(["report", folder["run"], "--csv"])
            let rows = RequestSheet(csv.out).rows
            #expect(rows.count >= count, "\(ended.all)")
            #expect(rows.count { $0["detail"] == "http_4xx_400" } >= 4)
            #expect(csv.out.contains("you sent") && csv.out.contains("[redacted]"))
            let views = try Self.views(of: folder["run"])
            let names = try FileManager.default.contentsOfDirectory(atPath: folder["run"])
            var texts = try names.map { ($0, String(decoding: try folder.bytes(of: "run/\($0)"), as: UTF8.self)) }
            texts += [("output", ended.all), ("csv", csv.all)] + views
            for (place, text) in texts { Self.expectNoKey(in: text, place) }
        }

        /// Each dress as a model's name, once alone and once beside another: named, stored, listed.
        @Test func `a key among the names of models is in no output, and no control character either`() throws {
            let folder = try Folder()
            let names = Dresses(key: Self.key).all.map { "m-\u{1b}[2J" + $0.text }
            for (number, ids) in (names.map { [$0] }.prefix(3) + [names]).enumerated() {
                let list = try JSONEncoder().encode(["data": ids.map { ["id": $0] }])
                let server = ScriptedServer.answering { request in
                    request.hasPrefix("GET")
                        ? ScriptedServer.answer("200 OK", "application/json", String(decoding: list, as: UTF8.self))
                        : ScriptedServer.answer(
                            "200 OK",
                            "text/event-stream\r\nx-ratelimit-limit-\(Self.key.lowercased().filter(\.isLetter)): 7",
                            "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\n"
                        )
                }
                let run = folder["run-\(number)"]
                let ended = try Spate.run(
                    [
                        "probe", "--request-count", "1", "--gap", "1ms", "--warmup-request-count", "0", "--max-tokens",
                        "4",
                        "--url", server.url, "--key-env", "CANARY", "-o", run,
                    ],
                    environment: ["CANARY": Self.key],
                    within: 20
                )
                #expect(ended.status == (ids.count == 1 ? 0 : 104), "\(ended.all)")
                #expect(!ended.all.contains("\u{1b}"))
                Self.expectNoKey(in: ended.all, "\(ids.count) models")
                guard ids.count == 1 else { continue }
                for (place, text) in try Self.views(of: run) {
                    Self.expectNoKey(in: text, place)
                    #expect(place.contains("json") || !text.contains("\u{1b}"), "\(place)")
                }
                let store = String(decoding: try folder.bytes(of: "run-\(number)/run.sqlite"), as: UTF8.self)
                Self.expectNoKey(in: store, "store")
            }
        }

        @Test func `a check shows no key either, whatever the server makes of it`() throws {
            let server = ScriptedServer.answering { request in
                let dresses = Dresses(key: Self.key).all.map(\.text).joined(separator: " | ")
                if request.hasPrefix("GET") {
                    return ScriptedServer.answer("404 Not Found", "text/html", "<html>you sent \(dresses)</html>")
                }
                return ScriptedServer.answer(
                    "400 Bad Request",
                    "application/json",
                    #"{"error":{"message":"you sent \#(Self.dressesInJSON)"}}"#
                )
            }
            for more in [[], ["--json"]] as [[String]] {
                let ended = try Spate.run(
                    ["check", "--url", server.url, "--model", "m", "--key-env", "CANARY"] + more,
                    environment: ["CANARY": Self.key],
                    within: 20
                )
                #expect(ended.status == 98 && ended.all.contains("you sent"), "\(ended.all)")
                Self.expectNoKey(in: ended.all, "check \(more)")
            }
        }

        /// Every way to look at a run; what this version does not know fails, and says so without a key.
        private static func views(of run: String) throws -> [(String, String)] {
            let flags = [[], ["--json"], ["--markdown"], ["--csv"], ["--html"], ["--junit"]] as [[String]]
            return try flags.map { ("report \($0)", try Spate.run(["report", run] + $0).all) }
                + [("compare", try Spate.run(["compare", run, run, "--by", "run"]).all)]
        }

        private static func expectNoKey(in text: String, _ place: String) {
            let shown = Dresses(key: key).shown(in: text)
            #expect(shown.isEmpty, "\(place) shows \(shown)")
        }

        /// In a document of JSON: a backslash, a quote or a control character of a dress is one in the text.
        private static let dressesInJSON: String = {
            let text = Dresses(key: key).all.map(\.text).joined(separator: " | ")
            let encoded = (try? JSONEncoder().encode([text])).map { String(decoding: $0, as: UTF8.self) } ?? ""
            return String(encoded.dropFirst(2).dropLast(2))
        }()
    }
}
