import Foundation
import TestSupport
import Testing

extension CommandTests {
    @Suite struct ProvidersTests {
        @Test func `the list names every preset with its key's variable, within the width of a terminal`() throws {
            let ended = try Spate.run(["providers"])
            #expect(ended.status == 0)
            for name in [
                "digitalocean", "fireworks", "together", "openai", "anthropic", "google", "groq", "openrouter",
                "deepinfra", "cerebras", "sambanova", "mistral", "deepseek", "xai", "azure", "vllm", "sglang",
                "tensorrt-llm", "llamacpp", "ollama", "lmstudio",
            ] {
                #expect(ended.out.split(separator: "\n").contains { $0.hasPrefix(name + " ") }, "\(name)")
            }
            #expect(ended.out.contains("TOGETHER_API_KEY"))
            #expect(ended.out.split(separator: "\n").allSatisfy { $0.count <= 120 })
        }

        @Test func `one provider is shown with its prices, their source and date`() throws {
            let ended = try Spate.run(["providers", "together"])
            #expect(ended.out.contains("https://api.together.ai/v1"))
            #expect(ended.out.contains("openai/gpt-oss-120b"))
            #expect(ended.out.contains("litellm 1.109.1, price table; 2026-11-20"))
            let json = try JSON(Spate.run(["providers", "together", "--json"]).out)
            #expect(json["together"]["prices"]["openai/gpt-oss-120b"]["output"].double == 0.6)
            #expect(json["together"]["key_env"][0].text == "TOGETHER_API_KEY")
            #expect(try JSON(Spate.run(["providers", "--json"]).out).keys.count >= 23)
        }

        @Test func `an unknown provider is 104 with the nearest name`() throws {
            let listed = try Spate.run(["providers", "togther"])
            #expect(listed.status == 104)
            #expect(listed.error.contains("did you mean together?"))
            let ended = try Spate.run(["ramp", "--provider", "togther", "--model", "m", "--concurrency", "1"])
            #expect(ended.status == 104)
            #expect(ended.error.contains("--provider: targets.0.provider: read \"togther\""))
            #expect(ended.error.contains("did you mean together?"))
        }

        @Test func `a missing key names the variable and how to set it`() throws {
            let ended = try Spate.run(["ramp", "--provider", "together", "--model", "m", "--concurrency", "1"])
            #expect(ended.status == 104)
            #expect(ended.error.contains("TOGETHER_API_KEY is not set. Set it: export TOGETHER_API_KEY=..."))
            let other = try Spate.run(["ramp", "--provider", "digitalocean", "--model", "m", "--concurrency", "1"])
            #expect(other.error.contains("export MODEL_ACCESS_KEY=... (GRADIENT_MODEL_ACCESS_KEY, "))
        }

        @Test func `azure without an address shows what one looks like`() throws {
            let ended = try Spate.run(["ramp", "--provider", "azure", "--model", "m", "--concurrency", "1"])
            #expect(ended.status == 104)
            #expect(ended.error.contains("it looks like https://RESOURCE.openai.azure.com/openai/v1"))
        }

        @Test func `a user's own file is read from the place for settings, and its faults are 104`() throws {
            let home = try Folder()
            try FileManager.default.createDirectory(atPath: home["config/spate"], withIntermediateDirectories: true)
            let server = ScriptedServer.answering { request in
                guard request.contains("x-corp: 1"),
                    request.contains("max_completion_tokens") || request.hasPrefix("GET")
                else { return nil }
                if request.hasPrefix("GET") {
                    return ScriptedServer.answer("200 OK", "application/json", #"{"data":[{"id":"m"}]}"#)
                }
                return ScriptedServer.answer(
                    "200 OK",
                    "text/event-stream",
                    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
                )
            }
            let text = "corp: {extends: openai, base_url: '\(server.url)', key_optional: true, headers: {x-corp: 1}}\n"
            _ = try home.write(text, to: "config/spate/providers.yaml")
            let ended = try Spate.run(
                ["probe", "--provider", "corp", "--request-count", "2", "--gap", "1ms", "-o", home["run"], "--quiet"],
                environment: ["XDG_CONFIG_HOME": home["config"]],
                within: 20
            )
            let outcomes = try JSON(file: home["run/summary.json"])["targets"][0]["totals"]["outcomes"]
            #expect((outcomes["ok"].int ?? 0) == 2, "\(ended.all)")

            _ = try home.write("corp:\n  base_ulr: https://a.example\n", to: "config/spate/providers.yaml")
            let faulty = try Spate.run(["providers"], environment: ["XDG_CONFIG_HOME": home["config"]])
            #expect(faulty.status == 104)
            #expect(faulty.error.contains("providers.yaml:2: corp.base_ulr: unknown key"))
        }
    }
}
