import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

extension CommandTests {
    /// Targets and places that cannot be used: a clear end, soon, with the contract's exit code.
    @Suite struct BadTargetTests {
        private static func ramp(
            _ url: String,
            into folder: Folder,
            _ more: String...,
            environment: [String: String] = [:]
        )
            throws -> Spate.Ended
        {
            try Spate.run(
                [
                    "ramp", "--concurrency", "2", "--hold", "300ms", "--settle", "50ms", "--hold-max", "1s", "--url",
                    url, "--model", "m", "-o", folder["run"], "--quiet",
                ] + more,
                environment: environment,
                within: 20
            )
        }

        @Test func `a refused port ends with 98 at once and leaves no folder`() throws {
            let folder = try Folder()
            let ended = try Self.ramp("http://127.0.0.1:\(ScriptedServer.closedPort())", into: folder)
            #expect(ended.status == 98)
            #expect(ended.seconds < 10, "a ramp of it would take longer, and a connection that is waited for too")
            #expect(ended.error.contains("connection refused"))
            #expect(isForPeople(ended.error))
            #expect(!folder.has("run"))
        }

        @Test func `a target that never comes is waited for as long as was said`() throws {
            let folder = try Folder()
            let url = "http://127.0.0.1:\(ScriptedServer.closedPort())"
            let ended = try Self.ramp(url, into: folder, "--wait-ready", "400ms")
            #expect(ended.status == 98)
            #expect((0.25..<20).contains(ended.seconds))
            #expect(ended.error.contains("connection refused"))
            #expect(ended.error.contains("of waiting"))
        }

        /// It lists its model at once, and says 503 to two questions, as llama.cpp does.
        @Test func `a target that loads is waited for, and the time is told`() throws {
            let folder = try Folder()
            let posts = Mutex(0)
            let server = ScriptedServer.answering { request in
                guard request.hasPrefix("POST ") else {
                    return ScriptedServer.answer(
                        "200 OK",
                        "application/json",
                        #"{"object":"list","data":[{"id":"m"}]}"#
                    )
                }
                let number = posts.withLock { posts in
                    posts += 1
                    return posts
                }
                if number <= 2 {
                    let words = #"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#
                    return ScriptedServer.answer("503 Service Unavailable", "application/json", words)
                }
                let event = #"{"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}"#
                let usage = #"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#
                let body = "data: \(event)\n\ndata: \(usage)\n\ndata: [DONE]\n\n"
                return ScriptedServer.answer("200 OK", "text/event-stream", body)
            }
            let ended = try Self.ramp(server.url, into: folder, "--wait-ready", "10s")
            #expect(ended.status == 0 || ended.status == 97, "\(ended.all)")
            let target = try JSON(file: folder["run/summary.json"])["targets"][0]
            #expect((target["wait_ready"]["waited_s"].double ?? 0) >= 0.5)  // two pauses
            #expect(target["preflight_gets"].int == 1)
            #expect(target["totals"]["requests"]["throttled"].int == 0)
            #expect(ended.out.contains("of waiting"))
        }

        @Test(arguments: [400, 404, 422])
        func `a first look that is refused ends the target, as every request would be`(status: Int) throws {
            let folder = try Folder()
            let server = ScriptedServer.answering { request in
                guard request.hasPrefix("POST ") else {
                    return ScriptedServer.answer(
                        "200 OK",
                        "application/json",
                        #"{"object":"list","data":[{"id":"m"}]}"#
                    )
                }
                return ScriptedServer.answer(
                    "\(status) No",
                    "application/json",
                    #"{"error":{"message":"No connected db."}}"#
                )
            }
            let ended = try Self.ramp(server.url, into: folder)
            #expect(ended.status == 98)
            #expect(ended.error.contains("No connected db."))
            #expect(ended.error.contains("HTTP \(status)"))
            #expect(server.requests <= 5)
        }

        @Test func `a first look counts against the cap on requests`() throws {
            let folder = try Folder()
            let posts = Mutex(0)
            let server = ScriptedServer.answering { request in
                guard request.hasPrefix("POST ") else {
                    return ScriptedServer.answer(
                        "200 OK",
                        "application/json",
                        #"{"object":"list","data":[{"id":"m"}]}"#
                    )
                }
                posts.withLock { $0 += 1 }
                let event = #"{"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}"#
                return ScriptedServer.answer("200 OK", "text/event-stream", "data: \(event)\n\ndata: [DONE]\n\n")
            }
            let ended = try Self.ramp(server.url, into: folder, "--max-requests", "40")
            let stopped = try JSON(file: folder["run/summary.json"])["run"]["stopped_by"].text
            #expect(stopped == "max_requests", "\(ended.all)")
            #expect(posts.withLock { $0 } == 40)
        }

        @Test func `without a look beforehand a refused port does not spin, and is counted`() throws {
            let folder = try Folder()
            let ended = try Self.ramp("http://127.0.0.1:\(ScriptedServer.closedPort())", into: folder, "--no-preflight")
            #expect(ended.status == 98, "\(ended.all)")
            let outcomes = try JSON(file: folder["run/summary.json"])["targets"][0]["totals"]["outcomes"]
            #expect(outcomes.keys.subtracting(["cancelled", "not_sent"]) == ["connect"])
            #expect((outcomes["connect"].int ?? 0) < 200, "closed loop on a dead port must back off")
        }

        @Test func `TLS on a plain port ends with 98 and says what may be wrong`() throws {
            let folder = try Folder()
            let server = ScriptedServer.answering { _ in nil }
            let ended = try Self.ramp("https://127.0.0.1:\(server.port)", into: folder)
            #expect(ended.status == 98)
            #expect(ended.error.contains("http://"))
            #expect(isForPeople(ended.error))
            #expect(!folder.has("run"))
        }

        @Test func `an unknown path ends with 98 after the first look, in the server's words`() throws {
            let folder = try Folder()
            let server = ScriptedServer.answering { _ in
                ScriptedServer.answer("404 Not Found", "text/plain", "no such path")
            }
            let ended = try Self.ramp(server.url, into: folder)
            #expect(ended.status == 98, "\(ended.all)")
            #expect(ended.error.contains("HTTP 404") && ended.error.contains("no such path"), "\(ended.error)")
            #expect(!folder.has("run"))
            #expect(isForPeople(ended.all))
        }

        @Test func `a web page in place of a stream is no success, and 98`() throws {
            let folder = try Folder()
            let server = ScriptedServer.answering { _ in
                ScriptedServer.answer("200 OK", "text/html", "<html>Welcome</html>")
            }
            let ended = try Self.ramp(server.url, into: folder)
            #expect(ended.status == 98, "\(ended.all)")
            let totals = try JSON(file: folder["run/summary.json"])["targets"][0]["totals"]
            #expect(totals["requests"]["success"].int == 0)
            #expect((totals["outcomes"]["protocol"].int ?? 0) > 0, "\(totals["outcomes"].keys)")
            #expect(isForPeople(ended.all))
        }

        @Test func `a refused key ends with 98 at the first look and shows no key`() throws {
            let folder = try Folder()
            let server = ScriptedServer.answering { _ in
                ScriptedServer.answer(
                    "401 Unauthorized",
                    "application/json",
                    #"{"error":{"message":"bad key sk-canary-1"}}"#
                )
            }
            let ended = try Self.ramp(
                server.url,
                into: folder,
                "--key-env",
                "CANARY",
                environment: ["CANARY": "sk-canary-1"]
            )
            #expect(ended.status == 98)
            #expect(ended.error.contains("401"))
            #expect(!ended.all.contains("sk-canary-1"))
            #expect(server.requests == 1)
            #expect(!folder.has("run"))
        }

        @Test func `a model must be named when the server lists several`() throws {
            let folder = try Folder()
            let server = ScriptedServer.answering { _ in
                ScriptedServer.answer("200 OK", "application/json", #"{"data":[{"id":"left"},{"id":"right"}]}"#)
            }
            let ended = try Spate.run(
                ["ramp", "--concurrency", "1", "--hold", "1s", "--url", server.url, "-o", folder["run"]]
            )
            #expect(ended.status == 104)
            #expect(ended.error.contains("left, right"))
            #expect(ended.error.contains("--model"))
            #expect(!folder.has("run"))
        }

        @Test func `an output folder with something in it is not touched`() throws {
            let folder = try Folder()
            _ = try folder.write("mine", to: "note.txt")
            let ended = try Spate.run(
                ["ramp", "--concurrency", "1", "--hold", "1s", "-o", folder.path]
            )
            #expect(ended.status == 104)
            #expect(ended.error.contains("not empty"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["note.txt"])
        }

        @Test(arguments: ["-o", "--result-dir"])
        func `a place that cannot be written ends with 74 before the run`(flag: String) throws {
            let folder = try Folder()
            let file = try folder.write("a file", to: "file")
            let ended = try Spate.run(
                ["ramp", "--concurrency", "1", "--hold", "30s", flag, "\(file)/results"],
                within: 20
            )
            #expect(ended.status == 74)
            #expect(ended.error.contains("\(file)/results"))
            #expect(ended.error.contains("Not a directory"))
            #expect(isForPeople(ended.error))
        }

        @Test func `a reader that went away ends nothing: the result is on file, the exit code the run's own`() throws {
            let folder = try Folder()
            let ended = try Spate.run(
                [
                    "ramp", "--concurrency", "1", "--hold", "300ms", "--settle", "50ms", "--hold-max", "500ms",
                    "--max-tokens", "8", "--set",
                    "targets=[{provider: simulated, scenario: {from: steady, time_scale: 0.05}}]", "--quiet",
                    "-o", folder["run"],
                ],
                standardOutput: .closedPipe,
                within: 20
            )
            #expect([0, 97].contains(ended.status), "\(ended.error)")
            #expect(!ended.error.contains("error"), "\(ended.error)")
            #expect(try JSON(file: folder["run/summary.json"])["run"]["complete"].bool == true)
        }

        @Test(arguments: [["--help"], ["providers"], ["run", "--help"], ["simulate", "--help"]])
        func `help to a closed standard output ends as any other help`(arguments: [String]) throws {
            let ended = try Spate.run(arguments, standardOutput: .closedPipe, within: 20)
            #expect(ended.status == 0)
            #expect(ended.error.isEmpty || isForPeople(ended.error), "\(ended.error)")
        }
    }
}
