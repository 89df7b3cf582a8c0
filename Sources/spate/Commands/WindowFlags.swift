import ArgumentParser

/// What of a phase is measured. Every shortcut takes these; where the phase has no such key, a note says so.
struct WindowFlags: ParsableArguments {
    enum Key { case settle, minRequests }

    @Option(
        help:
            "Leave out requests sent (in a rate: due) earlier than this. (default: 5s, at most half of the level; rate and replay: 0s)"
    ) var settle: String?
    @Option(
        help: "Requests that must have ended in each level of a ramp. (default: auto, twice the streams, 25 to 1000)"
    ) var minRequests: String?

    /// Keys of the phase, as `Launch` takes them.
    /// - Parameter known: what the phase has a key for.
    func keys(of phase: String, known: Set<Key> = [], quiet: Bool) -> [(String, String?, String)] {
        var keys: [(String, String?, String)] = []
        if known.contains(.settle) {
            keys.append(("settle", settle, "--settle"))
        } else if settle != nil, !quiet {
            Console.error("note: --settle changes nothing: a \(phase) phase has no settling time")
        }
        if known.contains(.minRequests) {
            keys.append(("min_requests", minRequests, "--min-requests"))
        } else if minRequests != nil, !quiet {
            Console.error("note: --min-requests changes nothing: a \(phase) phase does not wait for so many requests")
        }
        return keys
    }
}
