internal import Transport

/// How often this machine's listening queues were too full for a connection, since boot and over all sockets.
struct ListenQueues: Sendable, Hashable {
    var overflows: Int64
    var drops: Int64

    static func now() -> ListenQueues {
        ListenQueues(overflows: ProcessResources.listenOverflows(), drops: ProcessResources.listenDrops())
    }
}
