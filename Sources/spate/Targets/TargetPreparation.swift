import Engine
import Glibc
import Measurement
import Profile
import Report
import Schedule
import Simulator
import Transport
import Wire

/// Turns a job's targets into ones that can be driven: reads keys, asks which models there are, resolves names.
enum TargetPreparation {
    enum Verdict {
        case ready(DialledTarget)
        /// It cannot be used; the run goes on without it.
        case unusable(reason: String)
    }

    /// - Parameters:
    ///   - place: where the target is, the simulated provider's port filled in.
    ///   - child: that provider
    ///   - meanwhile: called ten times a second while something is waited for.
    static func prepare(
        _ target: Target,
        id: Int,
        at place: TargetAddress,
        child: SimulatorChild?,
        job: Job,
        meanwhile: @escaping () -> Void
    ) throws(Failure) -> Verdict {
        var dialled = try base(
            target,
            id: id,
            at: place,
            child: child,
            plan: job.plan(of: target),
            allowsPlaintextKey: job.allowsPlaintextKey,
            meanwhile: meanwhile
        )
        if job.skipsPreflight, target.model != nil, place.isLoopback, job.readyPatience == nil {
            return .ready(dialled)
        }

        let list = target.provider.api.modelsPath(base: place.path)
        let answer = firstLook(&dialled, patience: job.readyPatience, meanwhile: meanwhile)
        let redactor = Secrets.redactor
        let waited = waited(dialled)
        if let failure = answer.failure {
            if failure.kind == .clientResource {
                throw Failure(.localIO, "\(target.name): \(explain(failure, isTLS: place.isTLS))")
            }
            return .unusable(
                reason: "\(place.url): \(redactor.redacted(explain(failure, isTLS: place.isTLS)))\(waited)"
            )
        }
        if job.readyPatience != nil, ReadyWait.isLoading(answer) {
            return .unusable(reason: "\(place.url): still loading (HTTP \(answer.status))\(waited)")
        }
        if target.connection.http == .two, answer.http != 2 {
            return .unusable(reason: "\(place.url): the server does not speak HTTP/2; say http: auto, or 1.1")
        }
        let words = redactor.redacted((answer.words ?? "").split(whereSeparator: \.isNewline).joined(separator: " "))
        switch answer.status {
        case 401, 402, 403:
            return .unusable(reason: "\(place.url): the key was refused (HTTP \(answer.status)): \(words)")
        case 200: break
        default: dialled.notes.append("GET \(list) answered HTTP \(answer.status)")
        }
        if let model = target.model {
            if !answer.models.isEmpty, !answer.models.contains(model) {
                dialled.notes.append("the model \(model) is not among those that GET \(list) lists")
            }
        } else {
            dialled.driven.model = try onlyModel(answer, target: target, place: place, words: words)
        }
        let seesRefusals = job.isBesideGateway(target)
        if job.skipsPreflight || (target.isSimulated && !seesRefusals) { return .ready(dialled) }
        if !hasRoomToLook(job) {
            dialled.notes.append("preflight skipped: limits.max_requests leaves no room for it")
            return .ready(dialled)
        }
        let verdict =
            target.isSimulated
            ? .ready(dialled) : learn(dialled, at: place, redactor: redactor, meanwhile: meanwhile)
        guard seesRefusals, case .ready(var ready) = verdict else { return verdict }
        ready.lookAtRefusals(redactor: redactor, seconds: patience(ready.driven), meanwhile: meanwhile)
        return .ready(ready)
    }

    /// How long a look waits for an answer, in seconds.
    private static func patience(_ target: EngineTarget) -> Int64 {
        min(20, max(1, target.plan.timeouts.firstToken.components.seconds))
    }

    private static func waited(_ dialled: DialledTarget) -> String {
        dialled.wait?.waited.map { ", after \(Units.text(.milliseconds($0 / 1_000_000))) of waiting" } ?? ""
    }

    /// The look at a target that is ready, where it is waited for.
    static func firstLook(
        _ dialled: inout DialledTarget,
        patience: Duration?,
        meanwhile: @escaping () -> Void
    ) -> Preflight.Answer {
        dialled.wait = ReadyWait(patience)
        var answer = look(&dialled, meanwhile: meanwhile)
        while ReadyWait.isLoading(answer), dialled.wait?.goesOn(meanwhile) ?? false {
            answer = look(&dialled, meanwhile: meanwhile)
        }
        return answer
    }

    /// Puts a script's questions, all of them again while the target loads and is waited for.
    static func ask<Script: Questionnaire>(
        _ script: Script,
        _ dialled: inout DialledTarget,
        redactor: Redactor,
        seconds: Int64,
        meanwhile: @escaping () -> Void
    ) -> (records: [QuestionRecord], script: Script) {
        while true {
            let seen = Questioner.run(
                script,
                at: dialled.driven,
                redactor: redactor,
                seconds: seconds,
                meanwhile: meanwhile
            )
            dialled.preflightRequests += seen.records.count
            for record in seen.records {
                dialled.preflightInputTokens += max(0, record.request.inputTokens ?? 0)
                dialled.preflightOutputTokens += record.request.countedOutputTokens ?? 0
            }
            let isLoading = ReadyWait.isLoading(Array(seen.records.prefix(1)))
            guard isLoading, dialled.wait?.goesOn(meanwhile) ?? false else { return seen }
        }
    }

    /// Requests that a first look sends at most: a server may refuse a parameter three times.
    private static let lookRequests = 4

    /// A look counts against the caps, and is not worth a request of the plan.
    private static func hasRoomToLook(_ job: Job) -> Bool {
        guard let most = job.profile.limits.maxRequests else { return true }
        let planned = job.plan.estimate(answer: job.plan.fastAnswer).requestsLeast + lookRequests
        let refusals = job.targets.count(where: job.isBesideGateway) * RefusalScript.requests
        return job.targets.count * planned + refusals <= most
    }

    /// Key, headers and endpoint; nothing is sent.
    static func base(
        _ target: Target,
        id: Int,
        at place: TargetAddress,
        child: SimulatorChild? = nil,
        plan: RunPlan,
        allowsPlaintextKey: Bool,
        meanwhile: () -> Void
    ) throws(Failure) -> DialledTarget {
        var endpoint = Endpoint(scheme: place.isTLS ? .https : .http, host: place.host, port: place.port)
        endpoint.verifiesTLS = !target.isInsecure
        endpoint.rootsFile = try roots(target)
        let proxy = try addProxy(to: &endpoint, before: place, of: target.name)
        endpoint.longestConnection = target.connection.maxAge.map { Int(($0 / .seconds(1)).rounded(.up)) }
        endpoint.sources = target.connection.sourceAddresses
        if place.isLoopback {
            endpoint.sources += Capacity.loopbackSources(for: target, peak: Capacity.peakInFlight(plan))
        }
        endpoint.http =
            switch target.connection.http {
            case .one: .one
            case .two: .two
            case .auto: .auto
            }
        let key: String?
        if let source = target.key { key = try KeyRing.read(source, meanwhile: meanwhile) } else { key = nil }
        if key != nil, !place.isTLS, !place.isLoopback, !allowsPlaintextKey {
            throw Failure(
                .badInput,
                "\(target.name): the key would go unencrypted to \(place.url). Use https, or say --allow-plaintext-key"
            )
        }
        // A header that is given twice goes out once, with its last value.
        let own = [Header(name: "User-Agent", value: "spate/\(Session.version)")]
        var headers = own + target.provider.api.headers + target.provider.headers
        let keyHeader = key.flatMap(target.provider.authenticationHeader(key:))
        if let keyHeader { headers.append(keyHeader) }
        var driven = EngineTarget(
            id: id,
            name: target.name,
            endpoint: endpoint,
            basePath: place.path,
            model: target.model ?? "",
            provider: target.provider,
            headers: headers,
            plan: plan
        )
        driven.price = Price(target)
        driven.query = place.query
        driven.key = keyHeader.flatMap { renewing($0, from: target.key, of: target.provider) }
        var dialled = DialledTarget(asked: target, child: child, place: place, driven: driven)
        if let proxy {
            dialled.notes = [
                "requests go through the proxy \(proxy.url) (\(proxy.variable)): its time is in every figure"
            ]
        }
        return dialled
    }

    /// The roots that a target's certificate is verified against: its own file, else that of SSL_CERT_FILE; nil = the
    /// system's.
    static func roots(_ target: Target) throws(Failure) -> String? {
        let variable = getenv("SSL_CERT_FILE").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        guard let file = target.connection.rootsFile ?? variable else { return nil }
        guard access(file, R_OK) == 0 else {
            let origin = target.connection.rootsFile == nil ? "SSL_CERT_FILE" : "ca_file"
            throw Failure(
                .badInput,
                "\(target.name): \(origin) \(file) cannot be read: \(String(cString: strerror(errno)))"
            )
        }
        return file
    }

    /// The proxy that the environment names before a place, if any.
    @discardableResult
    static func addProxy(
        to endpoint: inout Endpoint,
        before place: TargetAddress,
        of name: String
    ) throws(Failure) -> Proxy? {
        do throws(TargetAddress.Refusal) {
            let proxy = try Proxy(for: place) { name in getenv(name).map { String(cString: $0) } }
            guard let proxy else { return nil }
            if let password = proxy.credentials?.split(separator: ":", maxSplits: 1).last {
                Secrets.add(String(password))
            }
            endpoint.proxy = Endpoint.Proxy(host: proxy.host, port: proxy.port, credentials: proxy.credentials)
            return proxy
        } catch {
            throw Failure(.badInput, "\(name): \(error.message)")
        }
    }

    /// Resolves the name and asks which models there are.
    private static func look(
        _ dialled: inout DialledTarget,
        meanwhile: @escaping () -> Void
    ) -> Preflight.Answer {
        var answer = Preflight.ask(
            Preflight.Question(
                endpoint: dialled.driven.endpoint,
                path: dialled.driven.modelsPath,
                headers: dialled.driven.headers
            ),
            meanwhile: meanwhile
        )
        if answer.failure != nil { return answer }
        if answer.endpoint.http == .auto, answer.http != 2 { answer.endpoint.http = .one }
        if answer.endpoint.multiplexes {
            dialled.notes.append(
                "HTTP/2: streams share connections, and tokens are stamped when they are delivered, not by the kernel"
            )
        }
        dialled.driven.endpoint = answer.endpoint
        dialled.driven.addresses = following(answer.endpoint)
        dialled.resolveNanoseconds = answer.resolveNanoseconds
        dialled.preflightRequests += 1
        dialled.preflightGets += 1
        return answer
    }

    /// One short answer: how the target wants to be asked.
    private static func learn(
        _ dialled: DialledTarget,
        at place: TargetAddress,
        redactor: Redactor,
        meanwhile: @escaping () -> Void
    ) -> Verdict {
        var dialled = dialled
        let target = dialled.driven
        let preset = Dialect(of: target.provider, model: target.model)
        let seen = ask(
            CheckQuestions(
                preset: preset,
                questions: 1,
                cap: 16,
                reasoningOff: nil,
                looksAtErrors: false,
                wantsVectors: target.provider.api.makesVectors
            ),
            &dialled,
            redactor: redactor,
            seconds: patience(target),
            meanwhile: meanwhile
        )
        guard let last = seen.records.last else { return .ready(dialled) }
        let words = SafeText.line(last.request.error ?? "no message", limit: 2_000)
        if dialled.wait != nil, ReadyWait.isLoading(seen.records) {
            let status = last.request.httpStatus.map { "HTTP \($0)" } ?? last.request.outcome.rawValue
            return .unusable(reason: "\(place.url): still loading (\(status))\(waited(dialled)): \(words)")
        }
        switch last.request.outcome {
        case .auth:
            return .unusable(reason: "\(place.url): refused (HTTP \(last.request.httpStatus ?? 0)): \(words)")
        case .http4xx where last.errorClass == "not_found" && last.hasStructuredError:
            return .unusable(
                reason: "\(place.url): the model \(target.model) cannot be called "
                    + "(HTTP \(last.request.httpStatus ?? 0)): \(words)"
            )
        // What is wrong with the first request is wrong with them all.
        case .http4xx:
            return .unusable(
                reason: "\(place.url): the first look was refused (HTTP \(last.request.httpStatus ?? 0)): \(words)"
            )
        default: break
        }
        dialled.notes += seen.script.dialect.differences(from: preset)
        seen.script.dialect.apply(to: &dialled.driven.provider, model: target.model)
        guard last.succeeded else {
            dialled.notes.append("the first look failed (\(last.request.outcome.rawValue)): \(words)")
            return .ready(dialled)
        }
        if last.isWhole, target.provider.streams {
            dialled.notes.append("it answers in one piece although a stream was asked for")
        }
        if last.request.countedOutputTokens ?? 0 > Int64(last.cap) {
            dialled.notes.append(
                "it does not honour max_tokens: \(last.request.countedOutputTokens ?? 0) of \(last.cap) came"
            )
        }
        return .ready(dialled)
    }

    static func onlyModel(
        _ answer: Preflight.Answer,
        target: Target,
        place: TargetAddress,
        words: String
    ) throws(Failure) -> String {
        switch answer.models.count {
        case 1: return answer.models[0]
        case 0:
            let seen = words.isEmpty ? "nothing" : "\"\(words.prefix(120))\""
            throw Failure(
                .badInput,
                "\(target.name): no model given, and GET \(place.url.dropLast(place.path.count))\(target.provider.api.modelsPath(base: place.path)) (HTTP \(answer.status)) lists none; "
                    + "it answered \(seen). Name one with --model"
            )
        default:
            let list = answer.models.prefix(20).joined(separator: ", ")
            let more = answer.models.count > 20 ? ", and \(answer.models.count - 20) more" : ""
            throw Failure(.badInput, "\(target.name): several models are served; name one with --model: \(list)\(more)")
        }
    }

    static func explain(_ failure: TransferFailure, isTLS: Bool) -> String {
        switch (failure.kind, failure.detail) {
        case (.clientResource, _): "this machine is out of \(resource(failure.detail)): \(failure.text)"
        case (.connect, "connect_refused"): "connection refused: nothing listens there"
        case (.tls, "tls_verify"): "the certificate could not be verified (\(failure.text)); --insecure would skip that"
        case (.tls, _): "no TLS there (\(failure.text)); is it an http:// address?"
        case (.protocol, _): "what answers is not an HTTP API (\(failure.text)); is it an https:// address?"
        case (.connect, "connect_timeout") where isTLS: failure.text + "; is it an http:// address?"
        default: failure.text
        }
    }

    private static func resource(_ detail: String) -> String {
        switch detail {
        case "no_ports": "outgoing ports"
        case "no_memory": "memory"
        default: "file descriptors (ulimit -n)"
        }
    }
}
