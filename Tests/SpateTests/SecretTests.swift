import Foundation
import Glibc
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
                let dresses = Self.dresses.joined(separator: " | ")
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
            for (place, text) in texts {
                for dress in Self.dresses { #expect(!text.contains(dress), "\(place) shows \(dress)") }
                #expect(!text.contains("canary"), "\(place) shows a part")
            }
            let profile = String(decoding: try folder.bytes(of: "run/profile.yaml"), as: UTF8.self)
            #expect(profile.contains("CANARY"), "where the key comes from is kept")
        }

        @Test func `a key sent through every fault, and echoed in status line, headers and words, is nowhere`() throws {
            let folder = try Folder()
            // An empty purse ends the target: those come last, and the second of them is not reached.
            let faults = """
                none, echo, http_400, context_length, http_401, http_403, http_404, http_429, retry_after_garbage, http_500, \
                http_502, model_loading, redirect, no_content, early_hints, close_without_reply, reset_before_head, \
                reset_after_head, echo, reset_midstream, reset_after_end, close_after_head, close_midstream, no_answer, \
                slow_head, slow_body, keep_alive_only, stall, chunk_bad_size, chunk_huge_size, chunk_without_end, \
                length_too_long, length_too_short, header_too_long, endless_line, gzip, web_page, echo, invalid_utf8, \
                broken_json, error_body, error_first, error_midstream, finish_error, empty_stream, reasoning_budget, \
                refusal, usage_missing, whole_answer, echo, quota_exhausted
                """
            let count = faults.split(separator: ",").count
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
            #expect(rows.count >= count - 1, "\(ended.all)")
            #expect(rows.count { $0["detail"] == "http_4xx_400" } >= 4)
            #expect(csv.out.contains("you sent") && csv.out.contains("[redacted]"))
            let rest = try ["--json", "--markdown"].map { try Spate.run(["report", folder["run"], $0]).all }
            let names = try FileManager.default.contentsOfDirectory(atPath: folder["run"])
            var texts = try names.map { ($0, String(decoding: try folder.bytes(of: "run/\($0)"), as: UTF8.self)) }
            texts += [("output", ended.all), ("csv", csv.all), ("json", rest[0]), ("markdown", rest[1])]
            for (place, text) in texts {
                for dress in Self.dresses { #expect(!text.contains(dress), "\(place) shows \(dress)") }
                #expect(!text.contains("canary"), "\(place) shows a part")
                #expect(!text.lowercased().contains(Self.hexadecimal.prefix(24)), "\(place) shows it in hexadecimal")
            }
        }

        private static let hexadecimal = key.utf8.map { String($0, radix: 16) }.joined()

        /// Raw, percent-encoded, base64, base64 of the header's value, escaped for JSON, and in hexadecimal.
        private static let dresses: [String] = [
            key,
            key.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? key,
            Data(key.utf8).base64EncodedString(),
            Data("Bearer \(key)".utf8).base64EncodedString(),
            key.replacingOccurrences(of: "/", with: "\\/"),
            hexadecimal, hexadecimal.uppercased(),
        ]
    }
}
