import Engine
import Measurement
import Profile
import Report
import Schedule
import Wire

/// Finds out, before a run, how long synthetic prompts must be to have the tokens asked for: on the first target, and the
/// same text then goes to all of them.
enum TargetCalibration {
    /// What it may take at most.
    struct Worst {
        var requests = 0
        var inputTokens = 0
        var outputTokens = 0
        var dollars: Double?  // nil = no price is known
    }

    /// nil where no prompt of the job is of a length that was asked for, or nothing is to be asked beforehand.
    static func worst(_ job: Job) -> Worst? {
        guard let planned = planned(job) else { return nil }
        let (calibration, target) = planned
        let most = CalibrationScript.worst(calibration)
        var worst = Worst(requests: most.requests, inputTokens: most.inputTokens, outputTokens: most.outputTokens)
        worst.dollars = Price(target).most(inputTokens: most.inputTokens, outputTokens: most.outputTokens)
        return worst
    }

    private static func planned(_ job: Job) -> (Calibration, Target)? {
        guard !job.skipsPreflight, job.interrupted == nil, let target = job.targets.first,
            let calibration = Calibration(job.plan)
        else { return nil }
        // The built-in provider counts as prompts are made without one: four bytes a token.
        if case .simulated(let scenario) = target.location, scenario.promptTokens == Scenario.PromptTokens() {
            return nil
        }
        return (calibration, target)
    }

    /// Asks `dialled`, the first target that can be used; nil where nothing was asked for. Throws where it refuses prompts
    /// as long as those of the plan.
    static func run(
        on dialled: DialledTarget,
        job: Job,
        meanwhile: @escaping () -> Void
    ) throws(Failure) -> CalibrationRecord? {
        guard let calibration = planned(job)?.0, let worst = worst(job) else { return nil }
        var record = CalibrationRecord()
        record.target = dialled.asked.name
        if let cap = lacking(worst, job) {
            record.problem = "limits.\(cap) leaves no room for it"
            return record
        }
        let target = dialled.driven
        let script = CalibrationScript(
            calibration,
            dialect: Dialect(of: target.provider, model: target.model),
            extraBody: target.plan.workload.extraBody,
            wantsVectors: target.provider.api.makesVectors
        )
        let seen = Questioner.run(
            script,
            at: target,
            redactor: Secrets.redactor,
            seconds: max(1, target.plan.timeouts.firstToken.components.seconds),
            meanwhile: meanwhile
        )
        if let length = seen.script.calibration.refusedLength {
            throw Failure(
                .unusableTarget,
                "\(target.name) refuses prompts of \(length) tokens, as the plan asks for: "
                    + "\(SafeText.line(seen.script.refusal ?? "no message")). Ask for shorter ones with --input-tokens "
                    + "(workload.prompts.synthetic.input_tokens), or raise the server's own limit"
            )
        }
        record.requests = seen.records.count
        for answer in seen.records {
            record.inputTokens += max(0, answer.request.inputTokens ?? 0)
            record.outputTokens += answer.request.countedOutputTokens ?? 0
        }
        record.dollars = target.price.most(inputTokens: record.inputTokens, outputTokens: record.outputTokens)
        guard let costs = seen.script.calibration.costs, seen.script.problem == nil else {
            record.problem = SafeText.line(
                seen.script.problem ?? "its token counts of two prompt sizes contradict each other",
                limit: 2_000
            )
            return record
        }
        record.templateTokens = costs.template
        record.tokensPerWord = costs.word
        record.nonceTokens = costs.nonce
        record.tokensPerTraceWord = costs.traceWord
        return record
    }

    /// The limit that has no room for it beside what the plan asks for at least.
    private static func lacking(_ worst: Worst, _ job: Job) -> String? {
        let limits = job.profile.limits
        let least = job.targets.count * job.plan.estimate(answer: job.plan.fastAnswer).requestsLeast
        if let most = limits.maxRequests, least + worst.requests > most { return "max_requests" }
        let cap = job.plan.workload.maxTokens.greatest
        if let most = limits.maxOutputTokens, worst.outputTokens + least * cap > most { return "max_output_tokens" }
        if let most = limits.maxCost, worst.dollars ?? 0 > most { return "max_cost" }
        return nil
    }
}

extension CalibrationRecord {
    /// Nil where prompts are to be sized as assumed.
    var costs: PromptCosts? {
        guard isApplied, let tokensPerWord else { return nil }
        var costs = PromptCosts()
        costs.word = tokensPerWord
        costs.template = templateTokens ?? 0
        costs.nonce = nonceTokens ?? costs.nonce * tokensPerWord
        costs.traceWord = tokensPerTraceWord ?? tokensPerWord
        return costs
    }
}

extension Limits {
    /// What looking at the targets and sizing their prompts left of them. A look at a list of models takes nothing.
    func less(_ targets: [DialledTarget]) -> Limits {
        var left = self
        for target in targets {
            left.maxRequests = left.maxRequests.map { max(0, $0 - target.preflightPosts) }
            left.maxOutputTokens = left.maxOutputTokens.map { max(0, $0 - Int(target.preflightOutputTokens)) }
            let (sent, received) = (target.preflightInputTokens, target.preflightOutputTokens)
            guard let dollars = target.driven.price.most(inputTokens: sent, outputTokens: received) else { continue }
            left.maxCost = left.maxCost.map { max(0, $0 - dollars) }
        }
        return left
    }
}
