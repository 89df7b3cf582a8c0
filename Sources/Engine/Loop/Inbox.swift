internal import Synchronization

/// Commands from other threads to one loop.
final class Inbox: Sendable {
    private let commands = Mutex<[Agenda.Command]>([])
    private let isFull = Atomic(false)

    /// Whether there is something to take; asking takes no lock.
    var hasCommands: Bool { isFull.load(ordering: .acquiring) }

    func post(_ command: Agenda.Command) {
        commands.withLock { commands in
            commands.append(command)
            isFull.store(true, ordering: .releasing)
        }
    }

    func take() -> [Agenda.Command] {
        commands.withLock { commands in
            defer { commands.removeAll() }
            isFull.store(false, ordering: .releasing)
            return commands
        }
    }
}
