internal import Synchronization

/// Commands from other threads to one loop.
final class Inbox: Sendable {
    private let commands = Mutex<[Conductor.Command]>([])

    func post(_ command: Conductor.Command) { commands.withLock { $0.append(command) } }

    func take() -> [Conductor.Command] {
        commands.withLock { commands in
            defer { commands.removeAll() }
            return commands
        }
    }
}
