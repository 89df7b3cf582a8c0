import Foundation
import Glibc
import Schedule
import Testing

extension ProgramTests {
    /// A key leaves the process as a header and in no other way.
    @Suite struct SecretTests {
        private static let key = "sk-canary+7f3a/9c2e=b61d"

        @Test func `a key that the server echoes in every dress is on no file and in no output`() throws {
            let folder = try Folder()
            let server = try OddServer { request in
                guard request.contains("Bearer \(Self.key)") else {
                    return OddServer.answer("400 Bad Request", "text/plain", "no key came")
                }
                if request.hasPrefix("GET") {
                    return OddServer.answer("200 OK", "application/json", #"{"data":[{"id":"m"}]}"#)
                }
                // A backslash of a dress is one in the text, not in its JSON.
                let dresses = Self.dresses.joined(separator: " | ").replacingOccurrences(of: "\\", with: "\\\\")
                return OddServer.answer(
                    "500 Internal Server Error",
                    "application/json",
                    #"{"error":{"message":"you sent \#(dresses)"}}"#
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

        @Test func `a check shows no key either, whatever the server makes of it`() throws {
            let server = try OddServer { request in
                let dresses = Self.dresses.joined(separator: " | ")
                if request.hasPrefix("GET") {
                    return OddServer.answer("404 Not Found", "text/html", "<html>you sent \(dresses)</html>")
                }
                let text = dresses.replacingOccurrences(of: "\\", with: "\\\\")
                return OddServer.answer(
                    "400 Bad Request",
                    "application/json",
                    #"{"error":{"message":"you sent \#(text)"}}"#
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
            for dress in dresses { #expect(!text.contains(dress), "\(place) shows \(dress)") }
            for part in ["canary", "yranac"] { #expect(!text.contains(part), "\(place) shows a part") }
            #expect(!text.lowercased().contains(hexadecimal.prefix(24)), "\(place) shows it in hexadecimal")
        }

        private static let hexadecimal = key.utf8.map { String($0, radix: 16) }.joined()

        private static func each(_ dress: (UInt8) -> String) -> String { key.utf8.map(dress).joined() }

        private static func digits(_ byte: UInt8, _ count: Int) -> String {
            let text = String(byte, radix: 16)
            return String(repeating: "0", count: count - text.count) + text
        }

        /// Raw; percent-encoded, in both cases, all of it, and twice; base64, alone and with what comes before it, for URLs
        /// and without its end; escaped for JSON, partly and wholly; for HTML; in hexadecimal; backwards.
        private static let dresses: [String] = [
            key,
            key.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? key,
            key.addingPercentEncoding(withAllowedCharacters: .alphanumerics)?.lowercased() ?? key,
            each { "%" + digits($0, 2) },
            (key.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? key).replacingOccurrences(
                of: "%",
                with: "%25"
            ),
            Data(key.utf8).base64EncodedString(),
            Data("Bearer \(key)".utf8).base64EncodedString(),
            Data("user:\(key)".utf8).base64EncodedString().replacingOccurrences(of: "=", with: "")
                .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_"),
            key.replacingOccurrences(of: "/", with: "\\/"),
            each { "\\u00" + digits($0, 2) },
            key.replacingOccurrences(of: "+", with: "\\u002B").replacingOccurrences(of: "=", with: "\\u003d"),
            key.replacingOccurrences(of: "+", with: "&#43;").replacingOccurrences(of: "/", with: "&#x2F;"),
            each { "&#\($0);" },
            hexadecimal, hexadecimal.uppercased(), String(key.reversed()),
        ]
    }
}
