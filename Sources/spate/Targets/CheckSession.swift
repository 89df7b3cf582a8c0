import Engine
import Glibc
import Measurement
import Profile
import Schedule
import Simulator
import Transport
import Wire

/// Looks at one target after the other.
struct CheckSession {
    let questions: Int
    let seconds: Int64
    let allowsPlaintextKey: Bool
    let patience: Duration?
    let meanwhile: () -> Void

    func script(_ target: Target, model: String) -> CheckQuestions {
        CheckQuestions(
            preset: Dialect(of: target.provider, model: model),
            questions: questions,
            cap: 64,
            reasoningOff: target.reasoningOff(model),
            looksAtErrors: true,
            wantsVectors: target.provider.api.makesVectors
        )
    }

    func check(_ target: Target, _ plan: RunPlan, id: Int) throws(Failure) -> CheckResult {
        switch target.location {
        case .remote(let address): return try check(target, plan, id: id, at: address)
        case .simulated(let scenario):
            let service: SimulatorService
            do throws(SimulatorError) {
                service = try SimulatorService(SimulatorService.Options(scenario: scenario))
            } catch {
                throw Failure(.localIO, error.text)
            }
            defer { service.stop() }
            return try check(
                target,
                plan,
                id: id,
                at: try TargetAddress.simulated(port: service.port, api: target.provider.api)
            )
        }
    }

    private func check(
        _ target: Target,
        _ plan: RunPlan,
        id: Int,
        at place: TargetAddress
    ) throws(Failure) -> CheckResult {
        var dialled = try TargetPreparation.base(
            target,
            id: id,
            at: place,
            plan: plan,
            allowsPlaintextKey: allowsPlaintextKey,
            meanwhile: meanwhile
        )
        var evidence = CheckEvidence()
        let answer = TargetPreparation.firstLook(&dialled, patience: patience, meanwhile: meanwhile)
        let redactor = Secrets.redactor
        evidence.reach.status = answer.status
        evidence.reach.models = answer.models.map(redactor.redacted)
        evidence.reach.resolveNanoseconds = answer.resolveNanoseconds
        evidence.reach.words = answer.words.map { redactor.redacted($0) }
        if let failure = answer.failure {
            evidence.reach.problem = redactor.redacted(TargetPreparation.explain(failure, isTLS: place.isTLS))
        } else if target.model == nil {
            dialled.driven.model = try TargetPreparation.onlyModel(
                answer,
                target: target,
                place: place,
                words: evidence.reach.words ?? ""
            )
        }
        let model = dialled.driven.model
        evidence.target = TargetRecord(target, id: id, url: place.url)
        evidence.target.model = model
        evidence.target.mapForeignTexts(redactor.redacted)
        evidence.preset = Dialect(of: target.provider, model: model)
        evidence.dialect = evidence.preset
        evidence.temperatureIsOmitted = !evidence.preset.sendsTemperature
        evidence.knowsReasoningSwitch = target.reasoningOff(model) != nil
        evidence.alwaysReasons = target.reasoningSwitch(model) == .impossible
        evidence.wantsVectors = target.provider.api.makesVectors
        evidence.wantsStream = target.provider.streams
        if evidence.reach.problem == nil {
            let seen = TargetPreparation.ask(
                script(target, model: model),
                &dialled,
                redactor: redactor,
                seconds: seconds,
                meanwhile: meanwhile
            )
            evidence.questions = seen.records
            for index in evidence.questions.indices { evidence.questions[index].mapForeignTexts(redactor.redacted) }
            evidence.dialect = seen.script.dialect
            evidence.reach.waitedNanoseconds = dialled.wait?.waited
        }
        return CheckResult(of: evidence)
    }
}

/// What a check may send and cost, before it does.
struct CheckPrice {
    private struct Line {
        var name: String
        var worst: (requests: Int, inputTokens: Int, outputTokens: Int)
        var dollars: Double?
        var isHourly: Bool
    }

    private let lines: [Line]
    private let isFree: Bool

    init(_ targets: [Target], plan: (Target, String) -> CheckQuestions) {
        isFree = targets.allSatisfy(\.isSimulated)
        lines = targets.map { target in
            let worst = plan(target, target.model ?? "").worst
            let dollars = Price(target).most(inputTokens: worst.inputTokens, outputTokens: worst.outputTokens)
            return Line(name: target.name, worst: worst, dollars: dollars, isHourly: target.price.perHour != nil)
        }
    }

    var needsConsent: Bool { lines.reduce(0) { $0 + ($1.dollars ?? 0) } > 1 }

    var text: String {
        guard !isFree else { return "" }
        return lines.map { line in
            let dollars =
                line.dollars.map { "at most $\(Self.decimals($0))" }
                ?? (line.isHourly ? "paid by the hour" : "cost unknown (no price given)")
            return
                "check of \(line.name): at most \(line.worst.requests) requests, \(line.worst.inputTokens) input and "
                + "\(line.worst.outputTokens) output tokens, \(dollars)\n"
        }.joined()
    }

    /// Up to the next hundredth of a cent.
    private static func decimals(_ dollars: Double) -> String {
        let units = Int((dollars * 10_000).rounded(.up))
        let fraction = "\(units % 10_000)"
        return "\(units / 10_000)." + String(repeating: "0", count: 4 - fraction.count) + fraction
    }
}

extension Target {
    /// How a model stops reasoning: as the preset says, else as its API does.
    func reasoningSwitch(_ model: String) -> ProviderCatalogue.ReasoningSwitch {
        if let preset { return preset.reasoningOff(for: model, over: provider.api) }
        return provider.api.reasoningOff.map { .members($0) } ?? .unknown
    }

    /// Members that ask not to reason; nil where nobody knows a way, or none is needed.
    func reasoningOff(_ model: String) -> [JSONMember]? {
        switch reasoningSwitch(model) {
        case .members(let members): members.isEmpty ? nil : members
        case .impossible: nil
        // Of servers nobody knows, most that have a switch have this one.
        case .unknown: provider.api == .openAIChat ? [JSONMember(name: "reasoning_effort", json: "\"none\"")] : nil
        }
    }
}

extension TargetAddress {
    /// The simulated provider's own.
    static func simulated(port: Int, api: API) throws(Failure) -> TargetAddress {
        do throws(TargetAddress.Refusal) {
            return try TargetAddress(parsing: "http://127.0.0.1:\(port)", api: api)
        } catch {
            throw Failure(.localIO, error.message)
        }
    }
}
