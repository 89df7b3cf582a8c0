internal import Schedule
internal import Transport

extension Stage {
    /// What connection a request of it goes out on; those that follow an edge's wave take what is there.
    func connection(isWave: Bool) -> HTTPClient.Connection {
        switch rule {
        case .edge(let edge) where isWave, .control(let edge) where isWave:
            switch edge.connections {
            case .cold: .cold
            case .preopened: .preopened
            case .warm: .warm
            }
        case .probe where afterIdle != nil: .cold  // an idle connection may be dead without a word
        default: .any
        }
    }
}
