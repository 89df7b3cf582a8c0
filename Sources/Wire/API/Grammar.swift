/// Everything in which one API differs from another: a row of the table of APIs. Each row is a file of its own.
struct Grammar: Sendable {
    /// What a payload turned out to be.
    enum Reading: Sendable, Hashable {
        case understood
        case unparseable  // no JSON, or JSON of another shape
        case strange  // JSON that says nothing of the API, as servers may slip in
    }

    /// How a stream is cut into payloads.
    enum Framing: Sendable, Hashable {
        case events  // server-sent events
        case lines  // one JSON document per line (NDJSON)
    }

    /// The payload of one event, or with `whole` a complete answer, into the tally. The second argument counts the
    /// bytes from the payload's start that may be read.
    typealias Read =
        @Sendable (UnsafeRawBufferPointer, Int, _ whole: Bool, JSONParser, inout ReplyTally) -> Reading

    var aliases: [String] = []  // what other tools call it, in lower case, with dashes
    var basePath = "/v1"  // of an address without a path of its own
    var path: @Sendable (_ model: String, _ streams: Bool) -> String  // what follows the base URL
    var modelsPath: @Sendable (_ base: String) -> String = { $0 + "/models" }  // of the list of models
    var headers: [Header] = Grammar.streamHeaders  // of every request, the key's apart
    var framing = Framing.events
    var hasDoneMarker = true  // a stream says that it is over, apart from its finish reason
    var tierHeader: String?  // of a response, where it names the tier that served
    var makesVectors = false  // its answers are embeddings, in one piece: no text, no tokens, no finish reason

    /// Members that switch reasoning off; nil = the format has no such switch, or each provider its own.
    var reasoningOff: [JSONMember]?
    /// Members that ask for a reasoning effort ("low", "medium", "high"); nil = the format knows none.
    var reasoningEffort: @Sendable (_ effort: String) -> [JSONMember]? = { _ in nil }

    /// Members that ask for a tier of service; nil = the format knows none.
    var tier: @Sendable (_ name: String) -> [JSONMember]? = { _ in nil }

    /// Encodes what many requests have in common.
    var template: @Sendable (ChatRequest) -> BodyTemplate
    var read: Read
    /// The same API from the other side, for the simulated provider.
    var served: ServedForm

    static let streamHeaders = [
        Header(name: "Content-Type", value: "application/json"),
        Header(name: "Accept", value: "text/event-stream"),
        Header(name: "Accept-Encoding", value: "identity"),  // compression would turn the stream into blocks
    ]
}

extension Grammar {
    /// `service_tier`, as nearly all call it.
    static let serviceTier: @Sendable (String) -> [JSONMember]? = {
        [JSONMember(name: "service_tier", json: "\"\($0)\"")]
    }

    /// Reads any JSON document: errors and spate's own member here, the API's members in `take`. Of an array each
    /// element is read; one that is understood is enough.
    static func reader(
        _ take: @escaping @Sendable (JSONValue, _ whole: Bool, JSONParser, inout ReplyTally) -> Reading
    ) -> Read {
        @Sendable func read(_ root: JSONValue, _ whole: Bool, _ parser: JSONParser, _ tally: inout ReplyTally)
            -> Reading
        {
            guard root.kind == .object else { return .unparseable }
            if let serving = ServingFacts(root["spate"]) { tally.facts.serving = serving }
            tally.lookForServer(in: root, by: parser)
            let reading = take(root, whole, parser, &tally)
            let error = root["error"]
            let saysError = error.isPresent && error.utf8?.count != 0
            if saysError || root["object"].equals("error") || root["type"].equals("error") {
                tally.fail(ServerError(root, parser: parser))
                return .understood
            }
            guard reading == .unparseable,
                let error = ServerError(vendorForm: root, isDocument: whole, parser: parser)
            else { return reading }
            tally.fail(error)
            return .understood
        }
        return { payload, readable, whole, parser, tally in
            guard let root = parser.parse(payload, readable: readable) else { return .unparseable }
            if parser.hasMended { tally.note(.badUTF8) }
            guard root.kind == .array else { return read(root, whole, parser, &tally) }
            var reading = Reading.unparseable
            for element in root.elements where read(element, whole, parser, &tally) == .understood {
                reading = .understood
            }
            return reading
        }
    }
}
