import Schedule
import Ticks
import Wire

/// Reads a whole document: every key, then what must hold between them.
struct ProfileReader {
    let document: ProfileDocument
    private let catalogue: ProviderCatalogue
    private let standardName: String
    let log = ProblemLog()

    init(document: ProfileDocument, catalogue: ProviderCatalogue, standardName: String) {
        self.document = document
        self.catalogue = catalogue
        self.standardName = standardName
    }

    static func isNameCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
    }

    func read() throws(ProfileError) -> Profile {
        let pathOfFile = { path, place in document.path(path, writtenAt: place) }
        var keys = MapReader(document.root, path: "", log: log)
        let name = name(&keys)
        let seed = keys.count("seed", 0...Int.max) ?? 1
        let catalogue = layered(keys.take("providers"))
        let targets = keys.take("targets")
        var workloadReader = WorkloadReader(log: log, pathOfFile: pathOfFile)
        let workload = workloadReader.read(keys.take("workload"))
        let limits = limits(keys.take("limits"))
        let warmup = keys.take("warmup").map { warmupRequests($0) } ?? 3
        let phaseList = keys.take("phases")
        let phaseReader = PhaseReader(
            log: log,
            maxInFlight: limits.maxInFlight,
            workload: workload,
            seed: UInt64(seed),
            pathOfFile: pathOfFile,
            readRecordedRun: document.readRecordedRun
        )
        let phases = phaseReader.read(phaseList, top: document.root.place)
        let order = keys.word("order", TargetOrder.self) ?? .interleaved
        let windows = windows(keys.take("windows"))
        let retries = keys.count("retries", 0...20) ?? 0
        let timeouts = timeouts(keys.take("timeouts"))
        let grace = keys.take("drain").map { drainGrace($0) } ?? .seconds(30)
        let objectives = objectives(keys.take("slo"))
        let thresholds = keys.take("thresholds").map { $0.texts("thresholds", log) } ?? []
        let output = output(keys.take("output"))
        keys.finish()

        if workload.inputsPerRequest > 1, phases.contains(where: { $0.kind == .batch || $0.kind == .replay }) {
            let value = document.root["workload"]?["inputs_per_request"]
            log.report(
                value?.place ?? document.root.place,
                "workload.inputs_per_request",
                "read \(workload.inputsPerRequest): a batch sends each prompt once, and a trace says how long each is; "
                    + "allowed with batch and replay: 1"
            )
        }
        var reader = TargetReader(log: log, catalogue: catalogue, pathOfFile: pathOfFile)
        // One that never cools down would have nothing to be found.
        if phases.contains(where: { $0.kind == .keepwarm }) { reader.standardScenario = "keepwarm" }
        let entries = TargetSelection(log: log, choice: document.target).entries(targets)
        let read = entries.compactMap { entry in reader.read(entry.value, path: entry.path, workload: workload) }
        checkNames(read, entries)
        checkGateways(read, entries)
        try log.throwIfAny()

        var profile = Profile(name: name, seed: UInt64(seed), targets: read, workload: workload, phases: phases)
        profile.order = order
        profile.windows = windows
        profile.providers = definitions(of: read, in: catalogue)
        profile.promptFiles = workloadReader.files
        profile.warmupRequests = warmup
        profile.grace = grace
        profile.timeouts = timeouts
        profile.limits = limits
        profile.retries = retries
        profile.objectives = objectives
        profile.thresholds = thresholds
        profile.output = output
        checkLimits(profile)
        checkConversations(profile)
        checkPriming(profile)
        try log.throwIfAny()
        return profile
    }

    // MARK: Keys

    private func name(_ keys: inout MapReader) -> String {
        guard let value = keys.take("name") else { return standardName }
        guard let name = value.plain, (1...64).contains(name.count), name.allSatisfy(Self.isNameCharacter) else {
            keys.report("name", value, allowed: "1 to 64 letters, digits, dots, dashes and underscores")
            return standardName
        }
        return name
    }

    private func warmupRequests(_ value: YAMLValue) -> Int {
        var keys = MapReader(value, path: "warmup", log: log, allowed: "{requests: 3}")
        defer { keys.finish() }
        return keys.count("requests", 0...1_000_000) ?? 3
    }

    private func drainGrace(_ value: YAMLValue) -> Duration {
        var keys = MapReader(value, path: "drain", log: log, allowed: "{grace: 30s}")
        defer { keys.finish() }
        return keys.duration("grace", .seconds(30), zeroIsAllowed: true)
    }

    private func timeouts(_ value: YAMLValue?) -> Timeouts {
        var timeouts = Timeouts()
        guard let value else { return timeouts }
        var keys = MapReader(value, path: "timeouts", log: log)
        timeouts.connect = keys.duration("connect", timeouts.connect, atMost: .seconds(300))
        timeouts.firstToken = keys.duration("first_token", timeouts.firstToken)
        timeouts.idle = keys.duration("idle", timeouts.idle)
        timeouts.total = keys.duration("total", timeouts.total)
        keys.finish()
        return timeouts
    }

    private func limits(_ value: YAMLValue?) -> Limits {
        var limits = Limits()
        guard let value else { return limits }
        var keys = MapReader(value, path: "limits", log: log)
        limits.maxRequests = keys.count("max_requests", 1...Int.max)
        limits.maxOutputTokens = keys.count("max_output_tokens", 1...Int.max)
        limits.maxCost = keys.dollars("max_cost")
        limits.maxInFlight = keys.count("max_in_flight", 1...1_000_000) ?? limits.maxInFlight
        keys.finish()
        return limits
    }

    private func objectives(_ value: YAMLValue?) -> Profile.Objectives {
        var objectives = Profile.Objectives()
        guard let value else { return objectives }
        var keys = MapReader(value, path: "slo", log: log)
        objectives.ttft = keys.duration("ttft")
        objectives.tpot = keys.duration("tpot")
        objectives.e2e = keys.duration("e2e")
        keys.finish()
        return objectives
    }

    private func output(_ value: YAMLValue?) -> Profile.Output {
        var output = Profile.Output()
        guard let value else { return output }
        var keys = MapReader(value, path: "output", log: log)
        output.folder = keys.text("dir") ?? output.folder
        output.html = keys.flag("html") ?? output.html
        output.requests = keys.word("requests", KeptRows.self) ?? output.requests
        keys.finish()
        return output
    }

    private func windows(_ value: YAMLValue?) -> TimeWindows {
        var windows = TimeWindows()
        guard let value else { return windows }
        var keys = MapReader(value, path: "windows", log: log, allowed: "{count: 6, every: 2h}")
        windows.count = keys.count("count", 1...10_000) ?? 1
        let every = keys.duration("every")
        keys.finish()
        if windows.count > 1 { windows.every = every ?? .zero }
        if windows.count > 1, every == nil {
            log.report(value.place, "windows.every", "missing; with several windows it says how far apart they start")
        }
        return windows
    }

    /// The known providers with the profile's own laid over them.
    private func layered(_ value: YAMLValue?) -> ProviderCatalogue {
        value.map { catalogue.overlaid(by: $0, path: "providers", log: log) } ?? catalogue
    }

    /// The used providers that are not as spate brings them.
    private func definitions(of targets: [Target], in catalogue: ProviderCatalogue) -> [Profile.ProviderDefinition] {
        let used = Set(targets.map(\.provider.name)).intersection(catalogue.changed)
        return catalogue.names.filter(used.contains).compactMap { name in
            catalogue.tree[name]?.json.map { Profile.ProviderDefinition(name: name, json: $0) }
        }
    }

    // MARK: What must hold between keys

    private func checkNames(_ targets: [Target], _ entries: [TargetSelection.Entry]) {
        guard targets.count == entries.count else { return }  // faults enough were found
        for (index, target) in targets.enumerated() where targets[..<index].contains(where: { $0.name == target.name })
        {
            let entry = entries[index]
            log.report(
                entry.value.place,
                "\(entry.path).name",
                "\"\(target.name)\" appears twice; each target needs a name of its own"
            )
        }
    }

    /// A gateway stands before another target of the profile that is none; one that was picked out with --target is only a
    /// target.
    private func checkGateways(_ targets: [Target], _ entries: [TargetSelection.Entry]) {
        guard targets.count == entries.count, document.target.name == nil else { return }
        for (target, entry) in zip(targets, entries) {
            guard let direct = target.gatewayTo else { continue }
            let names = targets.filter { $0.name != target.name && $0.gatewayTo == nil }.map(\.name)
            guard !names.contains(direct) else { continue }
            let allowed =
                names.isEmpty
                ? "the name of another target, which is no gateway itself"
                : names.joined(separator: ", ") + Spelling.hint(direct, among: names)
            log.report(
                (entry.value["gateway_to"] ?? entry.value).place,
                "\(entry.path).gateway_to",
                "read \"\(direct)\"; allowed: \(allowed)"
            )
        }
    }

    /// A plan that must exceed its limits is refused before the start.
    private func checkLimits(_ profile: Profile) {
        let least = profile.plan().estimate(answer: profile.plan().fastAnswer).requestsLeast
        let total = least * profile.targets.count
        if let most = profile.limits.maxRequests, total > most {
            let message = "read \(most); the plan asks for at least \(total) requests"
            log.report(document.place(of: "limits.max_requests"), "limits.max_requests", message)
        }
        if let most = profile.limits.maxOutputTokens, profile.workload.ignoreEOS {
            let tokens = total.multipliedReportingOverflow(by: profile.workload.maxTokens.least)
            if tokens.overflow || tokens.partialValue > most {
                let each = profile.workload.maxTokens.least
                let message = "read \(most); the plan asks for at least \(total) answers of \(each) tokens"
                log.report(document.place(of: "limits.max_output_tokens"), "limits.max_output_tokens", message)
            }
        }
        let peak = profile.plan().estimate(answer: profile.plan().fastAnswer).peakInFlight * profile.targets.count
        if profile.order == .parallel, profile.targets.count > 1, peak > profile.limits.maxInFlight {
            let message =
                "parallel: \(profile.targets.count) targets come to \(peak) in flight, and limits.max_in_flight is "
                + "\(profile.limits.maxInFlight)"
            log.report(document.place(of: "order"), "order", message)
        }
        if profile.limits.maxCost != nil {
            for (index, target) in profile.targets.enumerated() where target.hasUnknownPrice {
                let form = "price: {input: ..., output: ...}"
                let message = "max_cost needs prices, and that of \(target.name) is unknown; write \(form)"
                log.report(document.place(of: "limits.max_cost"), "targets.\(index).price", message)
            }
        }
        if profile.workload.impatience != nil, profile.phases.contains(where: { $0.kind == .batch }) {
            let message = "users who give up leave a job unfinished; allowed: without a batch phase"
            log.report(document.place(of: "workload.cancel"), "workload.cancel", message)
        }
        if profile.timeouts.firstToken > profile.timeouts.total {
            let message =
                "longer than timeouts.total (\(Units.text(profile.timeouts.total))), so it would never be seen"
            log.report(document.place(of: "timeouts.first_token"), "timeouts.first_token", message)
        }
    }
}

extension Target {
    /// Whether what a request costs cannot be told before it is sent; the simulated provider costs nothing.
    fileprivate var hasUnknownPrice: Bool {
        guard !isSimulated, price.perHour == nil else { return false }
        guard let tokens = price.tokens else { return true }
        // A listed price is that of the standard tier alone.
        guard let tier, price.isListed || !tokens.tiers.isEmpty, !tier.isStandard else { return false }
        return !tokens.tiers.contains { $0.name == tier.name }
    }
}
