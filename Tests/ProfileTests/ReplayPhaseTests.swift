import Foundation
import Profile
import Schedule
import Testing

/// Traces as files, with what real files look like from outside.
@Suite struct ReplayPhaseTests {
    private final class Scratch {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("spate-trace-\(UUID())").path
        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: path) }
        func write(_ text: String, _ name: String) throws -> String {
            try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
            return path + "/" + name
        }
    }

    private func replay(_ keys: String) throws -> Replay? {
        let profile = try read("phases:\n  - replay: {\(keys)}\n")
        guard case .replay(let replay) = profile.phases[0] else { return nil }
        return replay
    }

    @Test func `a file with CR LF and no line end at its end is read whole`() throws {
        let scratch = try Scratch()
        let text =
            "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:17:03.9799600,4808,10\r\n2023-11-16 18:17:04.0319600,3180,8"
        let file = try scratch.write(text, "azure.csv")
        for format in ["", ", format: azure"] {
            let replay = try #require(try replay("trace: \(file)\(format), speed: 2"))
            #expect(replay.count == 2)
            #expect(replay.offset(at: 1) == 26_000_000)
            #expect(replay.format == .azure)
        }
    }

    @Test func `every bad line is named, with its number, and what it holds`() throws {
        let scratch = try Scratch()
        let file = try scratch.write(
            "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,1,1\n\nyesterday,1,1\n2023-11-16 18:17:04,1,x\n",
            "azure.csv"
        )
        let found = problems("phases:\n  - replay: {trace: \(file), format: azure}\n")
        #expect(
            found == [
                "\(file):4: TIMESTAMP: read \"yesterday\"; allowed: a time such as 2023-11-16 18:17:03.9799600",
                "\(file):5: GeneratedTokens: read \"x\"; allowed: a whole number of tokens",
            ]
        )
    }

    @Test func `what cannot be replayed says why`() throws {
        let scratch = try Scratch()
        let empty = try scratch.write("", "empty.csv")
        let odd = try scratch.write("a,b\n", "odd.csv")
        let dead = try scratch.write("{\"at_ms\": 0, \"input_tokens\": 0, \"output_tokens\": 1}\n", "dead.jsonl")
        let azure = try scratch.write("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,1,1\n", "a.csv")
        let rows: [(String, String)] = [
            (
                "trace: \(azure), format: mooncake",
                "trace: the first line of \(azure) is that of azure; allowed: format: azure, or none"
            ),
            ("trace: \(empty)", "trace: the file \(empty) is empty"),
            (
                "trace: \(odd)",
                "trace: the first line of \(odd) has no known format; say which with format: azure, mooncake, bailian, "
                    + "burstgpt, servegen, nginx, litellm, jsonl, spate"
            ),
            ("trace: \(dead)", "trace: no request is left to replay of 1 row: 1 without a prompt token"),
            ("trace: /no/such", "trace: the file /no/such cannot be read: No such file or directory"),
            ("speed: 2", "trace: missing; the path of a trace file"),
            (
                "trace: \(dead), format: azur",
                "format: read \"azur\"; allowed: azure, mooncake, bailian, burstgpt, servegen, nginx, litellm, jsonl, spate; did you mean azure?"
            ),
            ("trace: \(dead), format: spate", "trace: the run \(dead) cannot be replayed here"),
        ]
        for (keys, message) in rows {
            #expect(problems("phases:\n  - replay: {\(keys)}\n") == ["p.yaml:2: phases.0.replay.\(message)"])
        }
    }

    @Test func `it reads back the same, with the same plan`() throws {
        let scratch = try Scratch()
        let lines = (0..<40).map { "{\"at_ms\": \($0 * $0 * 10), \"input_tokens\": \($0 + 1), \"output_tokens\": 2}" }
        let file = try scratch.write(lines.joined(separator: "\n"), "own.jsonl")
        let keys = "trace: \(file), speed: 4, start: 1s, limit: 10s, bursts: {count: 2, window: 2s, idle: 1s}"
        let profile = try read("phases:\n  - replay: {\(keys)}\n")
        let again = try read(profile.resolvedYAML())
        #expect(again.phases == profile.phases)
        #expect(again.plan().scheduleSHA256 == profile.plan().scheduleSHA256)
    }
}
