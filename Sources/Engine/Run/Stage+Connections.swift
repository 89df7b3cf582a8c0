internal import Schedule
internal import Transport

extension Stage {
    /// What connection a request of it goes out on; those that follow an edge's wave take what is there.
    func connection(isWave: Bool) -> HTTPClient.Connection {
        if afterIdle != nil { return .cold }  // an idle connection may be dead without a word
        guard isWave, let wave = closed?.wave else { return .any }
        return switch wave {
        case .cold: .cold
        case .preopened: .preopened
        case .warm: .warm
        }
    }
}
