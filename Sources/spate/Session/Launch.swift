import ArgumentParser
import Engine
import Glibc
import Measurement
import Profile
import Schedule
import Store
import Ticks
import Wire

/// From a profile and flags to a job, and on to the run.
struct Launch {
    private var document: ProfileDocument
    private let target: TargetFlags
    private let flags: RunFlags
    /// The ramp is a search, planned as its worst case.
    var search: Job.Search?
    var job: JobFlags?
    private var interrupted: InterruptedRun?

    init(document: ProfileDocument, target: TargetFlags, flags: RunFlags) {
        self.document = document
        self.target = target
        self.flags = flags
    }

    /// A run that was interrupted, with its own profile or the same given again.
    init(
        resuming interrupted: InterruptedRun,
        profile: String?,
        job: JobFlags?,
        target: TargetFlags,
        flags: RunFlags
    ) throws {
        guard flags.output == nil, flags.resultDir == nil else {
            throw Failure(.badInput, "--resume goes on in the result's own folder: leave out --output and --result-dir")
        }
        let document = try refusingFaults { () throws(ProfileError) in
            try ProfileDocument(file: profile ?? interrupted.profile)
        }
        self.init(document: document, target: target, flags: flags)
        self.job = job
        self.interrupted = interrupted
    }

    /// A profile of one phase.
    /// - Parameter keys: of the phase: name, value as YAML, the flag that says so.
    init(shortcut phase: String, keys: [(String, String?, String)], target: TargetFlags, flags: RunFlags) throws {
        var document = ProfileDocument(shortcut: phase == "steady" ? "soak" : phase)
        try refusingFaults { () throws(ProfileError) in
            for (key, value, flag) in keys {
                if let value { try document.set("phases.0.\(phase).\(key)", yaml: value, from: flag) }
            }
        }
        self.init(document: document, target: target, flags: flags)
    }

    /// Lays a text over the document, whatever YAML would make of it.
    mutating func set(_ path: String, text: String, from origin: String) throws {
        try refusingFaults { () throws(ProfileError) in try document.set(path, text: text, from: origin) }
    }

    func run() throws {
        let job = try makeJob()
        if flags.printProfile {
            _ = Console.out(job.profileYAML)
            return
        }
        let estimate = PlanSummary(job, like: try earlier())
        if flags.dryRun {
            _ = Console.say(estimate.text)
            return
        }
        try estimate.askForConsent()
        if job.plan.phases.contains(where: { $0.kind == .keepwarm }), !flags.quiet {
            Console.error(estimate.text)  // it will take long
        }
        let status = try Session(job: job, signals: Signals()).run()
        if status != .success { throw ExitCode(status.rawValue) }
    }

    private func earlier() throws(Failure) -> (run: EarlierRun, path: String)? {
        guard let path = flags.like else { return nil }
        guard flags.dryRun else { throw Failure(.badInput, "--like \(path): allowed with --dry-run only") }
        let recorded: RecordedRun
        do throws(StoreError) { recorded = try StoredResult.read(path) } catch {
            throw Failure(.badInput, "--like: \(error)")
        }
        guard let run = EarlierRun(recorded) else {
            throw Failure(.badInput, "--like \(path): this result holds no answer to estimate from")
        }
        return (run, path)
    }

    // MARK: the job

    func makeJob() throws -> Job {
        var document = document
        document.readRecordedRun = RecordedTrace.store
        try target.apply(to: &document)
        do { try flags.apply(to: &document) } catch let error as ProfileError {
            throw Failure(.badInput, error.problems.map(\.description).joined(separator: "\n"))
        }
        let checked = document
        var profile = try refusingFaults { () throws(ProfileError) in
            let profile = try checked.profile(catalogue: try ProviderCatalogue.standard(userFile: UserFiles.providers))
            return flags.fast ? try profile.fast() : profile
        }
        if case .exactly(let count) = flags.loops, !LoopCount.allowed.contains(count) {
            throw Failure(.badInput, "--loops \(count): allowed: auto, or 1 to \(LoopCount.allowed.upperBound)")
        }
        let thresholds = profile.thresholds + flags.threshold
        try check(thresholds, of: profile, document: checked)
        if let answers = job?.answers { try keepAnswers(in: answers, of: &profile) }
        let yaml = profile.resolvedYAML()
        profile.thresholds = thresholds
        profile.targets = try profile.targets.map(resolved)
        var job = Job(profile, yaml: yaml)
        job.label = flags.label
        job.metadata = try metadata()
        job.isFast = flags.fast
        job.thresholdsAreConfident = flags.thresholdsConfident
        job.search = search
        if search != nil {
            let caps = profile.limits
            guard profile.targets.count == 1, profile.windows.count == 1, caps.maxRequests == nil,
                caps.maxOutputTokens == nil, caps.maxCost == nil
            else {
                throw Failure(.badInput, "--find takes one target, one time window and no limits but max_in_flight")
            }
        }
        job.split = try Split(flags, of: job, isResumed: interrupted != nil, plansOnly: plansOnly)
        try job.noteMachines()
        job.retryDisturbed = try retries(of: job.plan, profile)
        guard job.retryDisturbed == 0 || job.split.shard.count == 1 else {
            throw Failure(.badInput, "--retry-disturbed: the shards of a run measure a level together, at one time")
        }
        guard profile.output.requests == .all || job.split.shard.count == 1 else {
            throw Failure(
                .badInput,
                "output.requests: \(profile.output.requests.rawValue): the shards of a run are joined request by request; allowed "
                    + "with --shard: all"
            )
        }
        job.loops = flags.loops.count(peakInFlight: Capacity.peakInFlight(job.plan.part(of: job.split.shard)))
        job.answers = self.job?.answers ?? interrupted?.answers
        job.interrupted = interrupted
        try interrupted?.check(job)
        job.skipsPreflight = flags.noPreflight
        job.saysYes = flags.yes
        job.allowsPlaintextKey = target.allowPlaintextKey
        job.readyPatience = try target.readyPatience()
        job.output = try output()
        return job
    }

    private func output() throws(Failure) -> Job.Output {
        var output = Job.Output()
        output.exactly = flags.output
        output.quiet = flags.quiet
        if let port = flags.livePort, !(0...65_535).contains(port) {
            throw Failure(.badInput, "--live-port \(port): allowed: 0 to 65535")
        }
        if let text = flags.metricsPort {
            guard let place = Telemetry.Place(text) else {
                throw Failure(.badInput, "--metrics-port \(text): allowed: \(Telemetry.Place.form)")
            }
            output.metrics = place
        }
        output.events = flags.events
        output.livePort = flags.livePort ?? (flags.live ? 0 : nil)
        output.json = flags.json
        output.full = flags.full
        output.noColour = flags.noColor
        return output
    }

    /// How often disturbed levels are measured again, where the plan has any for which that makes sense.
    private func retries(of plan: RunPlan, _ profile: Profile) throws(Failure) -> Int {
        guard let times = flags.retryDisturbed, times != 0 else { return 0 }
        func refusal(_ why: String) -> Failure { Failure(.badInput, "--retry-disturbed \(times): \(why)") }
        guard (1...10).contains(times) else { throw refusal("allowed: 0 to 10") }
        guard search == nil else { throw refusal("--find decides by itself which level it tries again") }
        guard interrupted == nil else {
            throw refusal("a run that is resumed goes on with what is left of it")
        }
        let stages = plan.phases.flatMap(\.stages)
        guard stages.contains(where: \.isRepeatable) else {
            let reasons = Set(stages.compactMap(\.reasonNotToRepeat)).sorted()
            throw refusal((reasons.isEmpty ? ["the plan has no level"] : reasons).joined(separator: "; "))
        }
        guard profile.targets.count == 1 || profile.order != .parallel else {
            throw refusal(
                "with order: parallel the other targets' load would be missing; allowed: interleaved or sequential"
            )
        }
        let inBlocks = plan.phases.contains { phase in
            [.steady, .rate, .replay, .probe].contains(phase.kind) && phase.stages.contains(where: \.isRepeatable)
        }
        guard profile.targets.count == 1 || !inBlocks else {
            throw refusal(
                "with several targets a steady load, a rate and probes take turns in blocks; allowed: ramps, or one target"
            )
        }
        return times
    }

    private func keepAnswers(in file: String, of profile: inout Profile) throws(Failure) {
        guard profile.targets.count == 1, profile.phases.count(where: { $0.kind == .batch }) == 1 else {
            throw Failure(.badInput, "--answers \(file): allowed with one target and one batch phase")
        }
        guard !profile.targets[0].provider.api.makesVectors else {
            throw Failure(.badInput, "--answers \(file): embeddings are counted and not kept; leave it out")
        }
        guard profile.workload.conversations == nil else {
            throw Failure(.badInput, "--answers \(file): a conversation has several answers to a prompt; leave it out")
        }
        guard interrupted != nil || access(file, F_OK) != 0 else {
            throw Failure(.badInput, "--answers \(file) exists already and is not overwritten. Name a new file.")
        }
        for (index, phase) in profile.phases.enumerated() {
            guard case .batch(var batch) = phase else { continue }
            batch.keepsAnswers = true
            profile.phases[index] = .batch(batch)
        }
    }

    /// With the headers that flags add, and the place that its key comes from.
    private func resolved(_ target: Target) throws -> Target {
        var found = target
        for (name, value) in try self.target.headers() {
            found.provider.headers.append(Header(name: name, value: value))
        }
        if target.isSimulated { found.model = "simulated" }
        let variables = target.provider.keyVariables
        found.key = target.key ?? KeyRing.firstSet(of: variables)
        guard let missing = KeyRing.missing(for: found), missing == variables.first, target.key == nil, !plansOnly
        else {
            return found
        }
        let others = variables.dropFirst()
        let alternatives = others.isEmpty ? "" : " (\(others.joined(separator: ", ")) would do too)"
        throw Failure(
            .badInput,
            "\(target.name): no key: the variable \(missing) is not set. Set it: "
                + "export \(missing)=...\(alternatives), "
                + "or say --key-env NAME, --key-file FILE or --key-command COMMAND"
        )
    }

    /// A plan can be looked at before there is a key.
    private var plansOnly: Bool { flags.dryRun || flags.printProfile }

    private func check(_ thresholds: [String], of profile: Profile, document: ProfileDocument) throws {
        let targets = profile.targets.map(\.name)
        let phases = profile.plan().phases.map(\.name)
        let measured = Set(profile.targets.filter { !$0.metrics.isEmpty }.map(\.name))
        for (index, expression) in thresholds.enumerated() {
            do throws(ThresholdError) {
                let threshold = try Threshold(parsing: expression)
                if let problem = threshold.problem(targets: targets, phases: phases, measured: measured) {
                    throw problem
                }
            } catch {
                let place =
                    index < profile.thresholds.count ? "\(document.place(of: "thresholds.\(index)"))" : "--threshold"
                throw Failure(.badInput, "\(place): \(error)")
            }
        }
    }

    private func metadata() throws -> [String: String] {
        var result: [String: String] = [:]
        for pair in flags.metadata {
            guard let equals = pair.firstIndex(of: "="), equals != pair.startIndex else {
                throw Failure(.badInput, "--metadata \(pair): allowed: key=value")
            }
            result[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
        }
        return result
    }
}
