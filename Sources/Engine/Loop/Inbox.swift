internal import Synchronization

/// Commands from other threads to one loop.
final class Inbox: Sendable {
    private let commands = Mutex<[Agenda.Command]>([])

    func post(_ command: Agenda.Command) { commands.withLock { $0.append(command) } }

    func take() -> [Agenda.Command] {
        commands.withLock { commands in
            defer { commands.removeAll() }
            return commands
        }
    }
}
