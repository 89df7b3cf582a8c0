import ArgumentParser
import Profile
import Report

/// The command line as the parser takes it: names with `_` as with `-`, and the names that users of other tools know.
enum CommandLineWords {
    private static let aliases = [
        "--base-url": "--url", "--endpoint-type": "--api", "--backend": "--api", "--max-concurrency": "--concurrency",
        "--num-prompts": "--request-count", "--num-requests": "--request-count",
        "--num-warmups": "--warmup-request-count",
        "--benchmark-duration": "--duration", "--request-rate-mode": "--arrival-pattern",
        "--random-input-len": "--input-tokens", "--isl": "--input-tokens",
        "--random-output-len": "--max-tokens", "--osl": "--max-tokens", "--dataset-path": "--prompts",
        "--input-file": "--prompts", "-c": "--concurrency", "-n": "--request-count", "-H": "--header",
    ]
    /// Names of other tools that mean one of ours, and are near to another one by their letters.
    private static let meant = [
        "--output-tokens": "--max-tokens", "--max-new-tokens": "--max-tokens", "--output-length": "--max-tokens",
        "--output-len": "--max-tokens", "--prompt-tokens": "--input-tokens", "--prompt-length": "--input-tokens",
        "--prompt-len": "--input-tokens", "--input-len": "--input-tokens", "--users": "--concurrency",
        "--vus": "--concurrency", "--streams": "--concurrency",
        "--rps": "--request-rate", "--qps": "--request-rate", "--rate": "--request-rate",
        "--requests": "--request-count", "--time": "--duration", "--seconds": "--duration",
        "--warmup": "--warmup-request-count", "--key": "--key-env", "--out": "--output", "--server": "--url",
        "--endpoint": "--url", "--host": "--url",
    ]
    private static let shapes: Set<String> = [
        "--concurrency", "--hold", "--settle", "--min-requests", "--hold-max", "--size", "--idle", "--repeat",
        "--duration", "--gap", "--request-count", "--connections", "--no-control", "--direction", "--find", "--from",
        "--request-rate", "--arrival-pattern", "--burstiness", "--overflow", "--speed", "--limit", "--bursts",
        "--probe-rate",
        "--to",
    ]
    private static var commands: [String] {
        ["help"] + Spate.configuration.subcommands.compactMap { $0.configuration.commandName }
    }

    static func normal(_ words: [String]) throws(Failure) -> [String] {
        if let first = words.first, !first.hasPrefix("-"), !commands.contains(first) {
            let hint = Spelling.nearest(to: first, among: commands).map { "; did you mean \($0)?" } ?? "."
            throw Failure(.badInput, "there is no command \"\(SafeText.line(first))\"\(hint) `spate --help` lists them")
        }
        var result: [String] = []
        for word in words {
            guard word.hasPrefix("-"), word.count > 1 else {
                result.append(word)
                continue
            }
            var (name, value) = split(word)
            if name.hasPrefix("--") { name = name.replacing("_", with: "-") }
            name = aliases[name] ?? name
            if name == "--api-key" {
                throw Failure(
                    .badInput,
                    "--api-key would show the key in the process list; use --key-env NAME, --key-file FILE or --key-command COMMAND"
                )
            }
            if let ours = meant[name], !(words.first == "simulate" && name == "--host") {
                throw Failure(.badInput, "\(name): unknown option; did you mean \(ours)?")
            }
            if words.first == "run", shapes.contains(name) {
                throw Failure(
                    .badInput,
                    "\(name) shapes a phase; use `spate ramp` or another shortcut, or --set (--set phases.0.ramp.hold=10s)"
                )
            }
            result.append(value.map { "\(name)=\($0)" } ?? name)
        }
        return result
    }

    private static func split(_ word: String) -> (name: String, value: String?) {
        guard word.hasPrefix("--"), let equals = word.firstIndex(of: "=") else { return (word, nil) }
        return (String(word[..<equals]), String(word[word.index(after: equals)...]))
    }
}
