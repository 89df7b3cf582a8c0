internal import Schedule
internal import Transport
internal import Wire

/// What marks a question as one of its conversation: nothing, a header, or a member of the body.
struct SessionMark {
    var header: String?  // a whole line
    var member: JSONMember?

    /// - Parameters:
    ///   - session: that of the trace's row that began it; its conversations are marked as one
    ///   - run: its id, so that no two runs share a session.
    init(_ conversation: Conversation, _ key: SessionKey?, session: Int?, run: String) {
        let value = session.map { "\(run)-s\($0)" } ?? "\(run)-c\(conversation.number)"
        switch key {
        case nil: break
        case .header(let name): header = "\(name): \(value)"
        case .body(let name): member = JSONMember(name: name, json: "\"\(value)\"")
        case .echo(let name): header = conversation.token.map { "\(name): \($0)" }
        }
    }

    /// The server's token, to be sent back with the next question; nil where it gave none that a header can hold.
    static func token(_ key: SessionKey?, of transfer: Transfer) -> String? {
        guard case .echo(let name) = key, let value = transfer.responseHeader(name), !value.isEmpty,
            value.utf8.count <= 400, value.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
        else { return nil }
        return value
    }
}

extension EngineTarget {
    /// How its conversations are told apart; nil = not at all.
    var sessionKey: SessionKey? {
        switch plan.workload.conversations?.session {
        case nil: nil
        case .preset: provider.session
        case .header(let name): .header(name)
        case .body(let name): .body(name)
        case .echo(let name): .echo(name)
        }
    }
}
