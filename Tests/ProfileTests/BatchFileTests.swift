import Foundation
import Profile
import Schedule
import Testing

@Suite struct BatchFileTests {
    /// Reads a batch phase over a file with these lines.
    private func outcome(_ lines: String, phase: String = "{concurrency: 4}") throws -> (Profile?, [String]) {
        let path = NSTemporaryDirectory() + "/spate-batch-\(UUID().uuidString).jsonl"
        try lines.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let text = "phases: [batch: \(phase)]\nworkload: {prompts: {file: \"\(path)\"}}\n"
        let faults = problems(text).map { $0.replacing(path, with: "job.jsonl") }
        return (faults.isEmpty ? try read(text) : nil, faults)
    }

    private let line =
        #"{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt","max_tokens":9,"temperature":0.5,"messages":[{"role":"system","content":"S"},{"role":"user","content":"U"}],"stream":false}}"#

    @Test func `a file for OpenAI's batch API is read, sent as it is and answered by name`() throws {
        let profile = try #require(try outcome(line + "\n\n").0)
        guard case .list(let prompts) = profile.workload.source else { throw Unexpected() }
        #expect(prompts.count == 1)
        #expect(prompts[0].id == "a")
        #expect(prompts[0].maxTokens == 9)
        #expect(prompts[0].messages.map(\.content) == ["S", "U"])
        #expect(prompts[0].extraBody == #"{"temperature":0.5}"#)
        #expect(profile.workload.cache == .allow, "a nonce would be part of the question")
        guard case .batch(let batch) = profile.phases[0] else { throw Unexpected() }
        #expect(batch.requests == 1 && batch.concurrency == 4 && batch.keepsAnswers)
    }

    @Test func `messages that are more than texts go through untouched`() throws {
        let parts =
            #"{"custom_id":"b","url":"/v1/chat/completions","body":{"messages":[{"role":"user","content":[{"type":"text","text":"x"}]}],"tools":[1]}}"#
        guard case .list(let prompts)? = try outcome(parts).0?.workload.source else { throw Unexpected() }
        #expect(prompts[0].messages.isEmpty)
        #expect(
            prompts[0].extraBody
                == #"{"messages":[{"role":"user","content":[{"type":"text","text":"x"}]}],"tools":[1]}"#
        )
    }

    @Test func `faults name the line and what is allowed`() throws {
        let wrong = [
            (
                line + "\n" + line,
                "job.jsonl:2: workload.prompts.file: custom_id: \"a\" appears twice (line 1); once is allowed"
            ),
            (
                line.replacing("chat/completions", with: "embeddings"),
                "job.jsonl:1: workload.prompts.file: url: read \"/v1/embeddings\"; allowed: /v1/chat/completions, /v1/completions"
            ),
            (
                line.replacing("POST", with: "GET"),
                "job.jsonl:1: workload.prompts.file: method: read \"GET\"; allowed: POST"
            ),
            (
                #"{"custom_id":"a","url":"/v1/chat/completions","body":{"messages":[]}}"#,
                "job.jsonl:1: workload.prompts.file: body: neither \"messages\" nor a \"prompt\" that is a text"
            ),
        ]
        for (text, message) in wrong { #expect(try outcome(text).1 == [message]) }
    }

    @Test func `a job needs a width and a size, and not more prompts than a file of named ones has`() throws {
        #expect(
            problems("phases: [batch: {requests: 5}]\n")
                == ["p.yaml:1: phases.0.batch.concurrency: missing; the requests to keep in flight, e.g. 128"]
        )
        #expect(
            problems("phases: [batch: {concurrency: 5}]\n")
                == ["p.yaml:1: phases.0.batch.requests: missing; how many prompts the job has, e.g. 2000"]
        )
        #expect(
            try outcome(line, phase: "{concurrency: 4, requests: 2}").1
                == ["p.yaml:1: phases.0.batch.requests: read 2; allowed: up to 1, each of the file's prompts once"]
        )
        #expect(try outcome(#"{"prompt":"again"}"#, phase: "{concurrency: 4, requests: 2}").0 != nil)
    }

    private struct Unexpected: Error {}
}
