import Engine
import Profile
import Transport
import Wire

/// Turns a job's targets into ones that can be driven: reads keys, asks which models there are, resolves names.
enum TargetPreparation {
    struct Prepared {
        var target: EngineTarget
        var key: String?
        var resolveNanoseconds: Int64
        var preflightRequests: Int
        var notes: [String]
    }

    enum Verdict {
        case ready(Prepared)
        /// It cannot be used; the run goes on without it.
        case unusable(reason: String)
    }

    /// - Parameter place: where the target is, the simulated provider's port filled in.
    static func prepare(_ target: JobTarget, id: Int, at place: TargetAddress, job: Job) throws(Failure) -> Verdict {
        var endpoint = Endpoint(scheme: place.isTLS ? .https : .http, host: place.host, port: place.port)
        endpoint.verifiesTLS = !target.isInsecure
        let key: String?
        if let source = target.key { key = try KeyRing.read(source) } else { key = nil }
        if key != nil, !place.isTLS, !place.isLoopback, !job.allowsPlaintextKey {
            throw Failure(
                .badInput,
                "\(target.name): the key would travel unencrypted to \(place.url). Use https, or say --allow-plaintext-key"
            )
        }
        var headers = target.provider.api.headers + target.provider.headers
        if let key, let header = target.provider.authenticationHeader(key: key) { headers.append(header) }

        var prepared = Prepared(
            target: EngineTarget(
                id: id,
                name: target.name,
                endpoint: endpoint,
                basePath: place.path,
                model: target.model ?? "",
                provider: target.provider,
                headers: headers,
                plan: target.plan
            ),
            key: key,
            resolveNanoseconds: 0,
            preflightRequests: 0,
            notes: []
        )
        if job.skipsPreflight, target.model != nil, place.isLoopback { return .ready(prepared) }

        let list = target.provider.api.modelsPath
        let answer = Preflight.ask(
            Preflight.Question(endpoint: endpoint, path: place.path + list, headers: headers)
        )
        let redactor = Redactor(secrets: key.map { [$0] } ?? [])
        if let failure = answer.failure {
            return .unusable(reason: "\(place.url): \(redactor.redacted(explain(failure, isTLS: place.isTLS)))")
        }
        prepared.target.endpoint = answer.endpoint
        prepared.resolveNanoseconds = answer.resolveNanoseconds
        prepared.preflightRequests = 1
        let words = redactor.redacted((answer.words ?? "").split(whereSeparator: \.isNewline).joined(separator: " "))
        switch answer.status {
        case 401, 402, 403:
            return .unusable(reason: "\(place.url): the key was refused (HTTP \(answer.status)): \(words)")
        case 200: break
        default: prepared.notes.append("GET \(place.path)\(list) answered HTTP \(answer.status)")
        }
        if let model = target.model {
            if !answer.models.isEmpty, !answer.models.contains(model) {
                prepared.notes.append("the model \(model) is not among those that GET \(list) lists")
            }
        } else {
            prepared.target.model = try onlyModel(answer, target: target, place: place, words: words)
        }
        return .ready(prepared)
    }

    private static func onlyModel(
        _ answer: Preflight.Answer,
        target: JobTarget,
        place: TargetAddress,
        words: String
    ) throws(Failure) -> String {
        switch answer.models.count {
        case 1: return answer.models[0]
        case 0:
            let seen = words.isEmpty ? "nothing" : "\"\(words.prefix(120))\""
            throw Failure(
                .badInput,
                "\(target.name): no model given, and GET \(place.url)\(target.provider.api.modelsPath) (HTTP \(answer.status)) lists none; "
                    + "it answered \(seen). Name one with --model"
            )
        default:
            let list = answer.models.prefix(20).joined(separator: ", ")
            let more = answer.models.count > 20 ? ", and \(answer.models.count - 20) more" : ""
            throw Failure(.badInput, "\(target.name): several models are served; name one with --model: \(list)\(more)")
        }
    }

    private static func explain(_ failure: TransferFailure, isTLS: Bool) -> String {
        switch (failure.kind, failure.detail) {
        case (.connect, "connect_refused"): "connection refused: nothing listens there"
        case (.tls, "tls_verify"): "the certificate could not be verified (\(failure.text)); --insecure would skip that"
        case (.tls, _): "no TLS there (\(failure.text)); is it an http:// address?"
        case (.protocol, _): "what answers is not an HTTP API (\(failure.text)); is it an https:// address?"
        case (.connect, "connect_timeout") where isTLS: failure.text + "; is it an http:// address?"
        default: failure.text
        }
    }
}
