import Foundation
import Synchronization
import TestSupport
import Testing

extension CommandTests {
    /// What goes out: the head of each request of a run and of a check.
    @Suite struct OwnRequestTests {
        /// All heads that a server saw of a command.
        private func heads(_ arguments: [String]) throws -> [[String]] {
            let seen = Heads()
            let server = ScriptedServer.answering { request in
                seen.add(request)
                if request.hasPrefix("GET") {
                    return ScriptedServer.answer("200 OK", "application/json", #"{"data":[{"id":"m"}]}"#)
                }
                return ScriptedServer.answer(
                    "200 OK",
                    "text/event-stream",
                    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
                )
            }
            let folder = try Folder()
            let output = arguments[0] == "probe" ? ["-o", folder["run"]] : []
            let ended = try Spate.run(arguments + ["--url", server.url] + output, within: 20)
            #expect([0, 98].contains(ended.status), "\(ended.all)")
            return seen.all
        }

        private func values(of name: String, in head: [String]) -> [String] {
            head.filter { $0.lowercased().hasPrefix(name + ":") }.map {
                $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
            }
        }

        private static let probe = [
            "probe", "--request-count", "2", "--gap", "1ms", "--warmup-request-count", "0", "--max-tokens", "4",
        ]

        @Test(arguments: [probe, ["check", "--questions", "1"]])
        func `each request names its sender once, and no header is there twice`(command: [String]) throws {
            let heads = try heads(command)
            #expect(heads.contains { $0[0].hasPrefix("GET /v1/models ") })
            #expect(heads.contains { $0[0].hasPrefix("POST /v1/chat/completions ") })
            for head in heads {
                #expect(values(of: "user-agent", in: head).map { $0.hasPrefix("spate/") } == [true], "\(head)")
                #expect(values(of: "accept-encoding", in: head) == ["identity"], "\(head)")
                let names = head.dropFirst().map { $0.prefix { $0 != ":" }.lowercased() }
                #expect(Set(names).count == names.count, "\(head)")
            }
        }

        @Test func `a header of the user's replaces ours, in any case`() throws {
            let own = [
                "user-agent: mine/1", "ACCEPT-ENCODING: identity;q=1", "content-type: application/json; v=1", "X-A: b",
            ]
            let heads = try heads(Self.probe + own.flatMap { ["-H", $0] })
            #expect(heads.count > 2)
            for head in heads {
                #expect(values(of: "user-agent", in: head) == ["mine/1"])
                #expect(values(of: "accept-encoding", in: head) == ["identity;q=1"])
                #expect(values(of: "x-a", in: head) == ["b"])
                let names = head.dropFirst().map { $0.prefix { $0 != ":" }.lowercased() }
                #expect(Set(names).count == names.count, "\(head)")
            }
        }

        @Test(arguments: [
            ("X-Auth-Token: a", "secret"), ("authorization: Bearer a", "secret"),
            ("Ocp-Apim-Subscription-Key: a", "secret"),
            ("Content-Length: 5", "itself"), ("transfer-encoding: chunked", "itself"), ("X-Request-Id: a", "itself"),
            ("a b: c", "not a header's name"), (": c", "not a header's name"), ("nothing", "no colon"),
            ("X-\u{1b}[2J: a", "not a header"),
        ])
        func `a header that carries a secret, or is ours alone, is refused`(header: String, word: String) throws {
            let ended = try Spate.run(Self.probe + ["--url", "127.0.0.1:9", "--model", "m", "-H", header])
            #expect(ended.status == 104 && ended.error.contains(word), "\(ended.all)")
            #expect(!ended.all.contains("\u{1b}"))
        }
    }
}

private final class Heads: Sendable {
    private let seen = Mutex<[[String]]>([])
    func add(_ request: String) {
        let head = request.components(separatedBy: "\r\n\r\n")[0].components(separatedBy: "\r\n")
        seen.withLock { $0.append(head) }
    }
    var all: [[String]] { seen.withLock { $0 } }
}
