import Foundation
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

        /// Raw, percent-encoded, base64, base64 of the header's value, and escaped for JSON.
        private static let dresses: [String] = [
            key,
            key.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? key,
            Data(key.utf8).base64EncodedString(),
            Data("Bearer \(key)".utf8).base64EncodedString(),
            key.replacingOccurrences(of: "/", with: "\\/"),
        ]
    }
}
