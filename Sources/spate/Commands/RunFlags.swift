import ArgumentParser
import Profile
import Wire

/// Which target: laid over the profile's.
struct TargetFlags: ParsableArguments {
    @Option(help: "Base URL of an OpenAI-compatible server; without a path it gets /v1.")
    var url: String?
    @Option(name: [.long, .customShort("m")], help: "Model; without it the only one that GET /models lists.")
    var model: String?
    @Option(help: "A preset (`spate providers` lists them).", completion: Completions.providers)
    var provider: String?
    @Option(
        help: ArgumentHelp("API spoken there: \(API.allCases.map(\.rawValue).joined(separator: ", "))."),
        completion: .list(API.allCases.map(\.rawValue))
    )
    var api: String?
    @Option(help: "The profile's target of that name, where it has several.")
    var target: String?
    @Option(help: ArgumentHelp("Variable that holds the key.", valueName: "name"))
    var keyEnv: String?
    @Option(help: ArgumentHelp("File that holds the key.", valueName: "file"), completion: .file())
    var keyFile: String?
    @Option(help: ArgumentHelp("Command that prints the key; run without a shell.", valueName: "command"))
    var keyCommand: String?
    @Flag(help: "Do not verify the server's certificate.")
    var insecure = false
    @Option(name: .long, help: ArgumentHelp("Header sent with each request; no secrets.", valueName: "name: value"))
    var header: [String] = []
    @Option(
        name: .customLong("metrics-url"),
        help: ArgumentHelp(
            "The server's own metrics (Prometheus), read beside the run; a path is at the target's address.",
            valueName: "url"
        )
    )
    var metricsURL: [String] = []
    @Flag(help: "Allow a key over plain http to another machine.")
    var allowPlaintextKey = false
    @Option(
        help: ArgumentHelp(
            "How long to wait for a server that is still loading. (default: no wait)",
            valueName: "duration"
        )
    )
    var waitReady: String?

    func apply(to document: inout ProfileDocument) throws(Failure) {
        document.target.name = target
        document.target.url = url
        document.target.provider = provider
        document.target.api = api
        document.target.model = model
        document.target.isInsecure = insecure
        document.target.metrics = metricsURL
        let keys: [KeySource] = [
            keyEnv.map(KeySource.environment), keyFile.map(KeySource.file),
            keyCommand.map { .command($0.split(separator: " ").map(String.init)) },
        ].compactMap { $0 }
        guard keys.count <= 1 else { throw Failure(.badInput, "--key-env, --key-file and --key-command: give one") }
        document.target.key = keys.first
    }

    /// How long a target that is loading is waited for; nil = not at all.
    func readyPatience() throws(Failure) -> Duration? {
        guard let text = waitReady else { return nil }
        guard let patience = Units.duration(text), patience > .zero else {
            throw Failure(.badInput, "--wait-ready \(text): allowed: \(Units.durationForm), more than 0")
        }
        return patience
    }

    /// Headers as pairs; those that carry secrets are refused, since the command line is public.
    func headers() throws(Failure) -> [(name: String, value: String)] {
        var result: [(name: String, value: String)] = []
        for text in header {
            guard let colon = text.firstIndex(of: ":") else {
                throw Failure(.badInput, "--header: no colon in it; allowed: \"Name: value\"")
            }
            let name = String(text[..<colon])
            let value = String(text[text.index(after: colon)...].drop { $0 == " " })
            switch HeaderRule.refusal(of: name) {
            case .notAName:
                throw Failure(.badInput, "--header: \"\(name)\" is not a header's name; allowed: \"Name: value\"")
            case .secret:
                throw Failure(
                    .badInput,
                    "--header \(name) would show a secret in the process list; use --key-env, --key-file or --key-command"
                )
            case .ours: throw Failure(.badInput, "--header \(name): spate sets this header itself; leave it out")
            case nil: break
            }
            guard value.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
                throw Failure(.badInput, "--header \(name): only printable ASCII is allowed")
            }
            result.append((name, value))
        }
        return result
    }
}

/// What goes for every run.
struct RunFlags: ParsableArguments {
    @Option(help: "Seed of everything random. (default: the profile's, else 1)")
    var seed: UInt64?
    @Flag(help: "Times divided by ten (keepwarm: by a hundred); with the simulated provider only.")
    var fast = false
    @Flag(help: "Show the plan with requests, tokens, cost and time, and stop: needs no server and no key.")
    var dryRun = false
    @Option(
        help: ArgumentHelp(
            "An earlier result, whose speed and scatter --dry-run uses.",
            valueName: "result"
        ),
        completion: .directory
    )
    var like: String?
    @Flag(help: "Show the resolved profile and stop.")
    var printProfile = false
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Set a value of the profile: phases.0.ramp.hold=10s", valueName: "path=value")
    )
    var settings: [String] = []
    @Option(
        help: ArgumentHelp("Parent of the run's own folder. (default: results)", valueName: "dir"),
        completion: .directory
    )
    var resultDir: String?
    @Option(
        name: [.long, .customShort("o")],
        help: "Exactly this folder; it must be new or empty.",
        completion: .directory
    )
    var output: String?
    @Flag(help: "The summary on standard output, all else on standard error.")
    var json = false
    @Flag(help: "The full report, with explanations and secondary figures.")
    var full = false
    @Flag(help: "No live view.")
    var quiet = false
    @Flag(help: "Serve the report's page on this machine while the run goes on.")
    var live = false
    @Option(help: ArgumentHelp("Serve the page at this port instead of a free one.", valueName: "port"))
    var livePort: Int?
    @Option(
        help: ArgumentHelp(
            "Serve the run's own metrics for Prometheus, on this machine unless an address is given.",
            valueName: "[address:]port"
        )
    )
    var metricsPort: String?
    @Option(
        help: ArgumentHelp("Append what happens in the run to a file, a line of JSON each.", valueName: "file"),
        completion: .file()
    )
    var events: String?
    @Flag(help: "No colours.")
    var noColor = false
    @Option(
        help: ArgumentHelp(
            "A condition on the result; exit 99 when it fails: 'ttft.p95 < 500ms'",
            valueName: "expression"
        )
    )
    var threshold: [String] = []
    @Flag(help: "Judge thresholds on the interval, not the point.")
    var thresholdsConfident = false
    @Option(help: ArgumentHelp("SLOs in ms: 'ttft:200 tpot:50 e2el:3000'", valueName: "slo"))
    var goodput: String?
    @Option(help: "Event loops, one thread each; auto: by the plan's streams and this machine's cores.")
    var loops = LoopCount.exactly(1)
    @Option(
        help: ArgumentHelp(
            "This process's part of a run over several machines, from 0; auto: as the launcher says (auto/n checks n). (default: 0/1, the whole)",
            valueName: "k/n|auto"
        )
    )
    var shard: String?
    @Option(
        help: ArgumentHelp(
            "Start at this wall-clock time, the same for all shards; +2s: that long after all are ready.",
            valueName: "time"
        )
    )
    var startAt: String?
    @Option(
        help: ArgumentHelp(
            "Where shard 0 listens and the others meet: clocks are compared, and stages begin together.",
            valueName: "host:port"
        )
    )
    var rendezvous: String?
    @Option(help: "A name for this run.")
    var label: String?
    @Option(help: ArgumentHelp("Stored with the result.", valueName: "key=value"))
    var metadata: [String] = []
    @Option(help: "Stop after this many requests.")
    var maxRequests: Int?
    @Option(help: "Stop before more output tokens than this.")
    var maxOutputTokens: Int?
    @Option(help: ArgumentHelp("Stop before the cost exceeds this.", valueName: "$5"))
    var maxCost: String?
    @Option(help: "Refuse plans with more requests in flight. (default: 5000)")
    var maxInFlight: Int?
    @Option(help: "How often a refused or lost request is sent again. (default: 0)")
    var retries: Int?
    @Option(
        help: ArgumentHelp(
            "How often a level that the load generator disturbed is measured again, at the end of its phase. (default: 0)",
            valueName: "times"
        )
    )
    var retryDisturbed: Int?
    @Flag(help: "Start without asking.")
    var yes = false
    @Flag(help: "Skip the preflight requests.")
    var noPreflight = false
    @Flag(help: "Skip calibration: count one word as one token.")
    var noCalibration = false
    @Option(help: ArgumentHelp("Members added to each request body.", valueName: "json"))
    var extraBody: String?
    @Flag(help: "Ask the server to ignore the end of sequence: fixed output length.")
    var ignoreEos = false
    @Option(help: "Texts per embeddings request. (default: 1)")
    var inputsPerRequest: Int?
    @Flag(help: "Ask for answers in one piece: end-to-end time only.")
    var noStream = false
    @Option(help: "Most output tokens per request. (default: the profile's, else 256)")
    var maxTokens: String?
    @Option(
        help: "Tokens of a synthetic prompt, about: 512, or {uniform: [100, 900]}. (default: the profile's, else 512)"
    )
    var inputTokens: String?
    @Option(help: ArgumentHelp("Prompts, one JSON object per line.", valueName: "file.jsonl"), completion: .file())
    var prompts: String?
    @Option(help: "Warm-up requests: sent first, not counted. (default: the profile's, else 3)")
    var warmupRequestCount: Int?

    func apply(to document: inout ProfileDocument) throws {
        if let seed { try document.set("seed", yaml: "\(seed)", from: "--seed") }
        if let maxTokens { try document.set("workload.max_tokens", yaml: maxTokens, from: "--max-tokens") }
        if let inputTokens {
            try document.set(
                "workload.prompts",
                yaml: "{synthetic: {input_tokens: \(inputTokens)}}",
                from: "--input-tokens"
            )
        }
        if let prompts {
            try document.set("workload.prompts", yaml: "{}", from: "--prompts")
            try document.set("workload.prompts.file", text: prompts, from: "--prompts")
        }
        if noCalibration {
            try document.set("workload.prompts.calibrate", yaml: "false", from: "--no-calibration")
        }
        if ignoreEos { try document.set("workload.ignore_eos", yaml: "true", from: "--ignore-eos") }
        if let inputsPerRequest {
            try document.set("workload.inputs_per_request", yaml: "\(inputsPerRequest)", from: "--inputs-per-request")
        }
        if noStream { try document.set("workload.stream", yaml: "false", from: "--no-stream") }
        if let extraBody { try document.set("workload.extra_body", yaml: extraBody, from: "--extra-body") }
        if let warmupRequestCount {
            try document.set("warmup.requests", yaml: "\(warmupRequestCount)", from: "--warmup-request-count")
        }
        if let resultDir { try document.set("output.dir", text: resultDir, from: "--result-dir") }
        if let maxRequests { try document.set("limits.max_requests", yaml: "\(maxRequests)", from: "--max-requests") }
        if let maxOutputTokens {
            try document.set("limits.max_output_tokens", yaml: "\(maxOutputTokens)", from: "--max-output-tokens")
        }
        if let maxCost { try document.set("limits.max_cost", text: maxCost, from: "--max-cost") }
        if let maxInFlight { try document.set("limits.max_in_flight", yaml: "\(maxInFlight)", from: "--max-in-flight") }
        if let retries { try document.set("retries", yaml: "\(retries)", from: "--retries") }
        for setting in settings {
            guard let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
                throw Failure(.badInput, "--set \(setting): allowed: path=value, e.g. phases.0.ramp.hold=10s")
            }
            let value = String(setting[setting.index(after: equals)...])
            try document.set(String(setting[..<equals]), yaml: value, from: "--set \(setting[..<equals])")
        }
        if let goodput { try applyGoodput(goodput, to: &document) }
    }

    private func applyGoodput(_ text: String, to document: inout ProfileDocument) throws {
        let names = ["ttft": "ttft", "tpot": "tpot", "e2el": "e2e", "e2e": "e2e"]
        for part in text.split(whereSeparator: { $0 == " " || $0 == "," }) {
            let words = part.split(separator: ":")
            guard words.count == 2, let key = names[String(words[0])], let value = Double(words[1]) else {
                throw Failure(.badInput, "--goodput \"\(part)\": allowed: ttft:MS tpot:MS e2el:MS")
            }
            try document.set(
                "slo.\(key)",
                yaml: value == value.rounded() ? "\(Int(value))ms" : "\(value)ms",
                from: "--goodput"
            )
        }
    }
}
