internal import CCurl
internal import CLibcurl
internal import CLibuv
internal import Glibc
internal import Ticks

/// Many concurrent HTTP transfers to one endpoint, on one loop.
///
/// Connections of HTTP/1.1 are kept alive and routed by us: libcurl reuses within one multi handle only, so a request that may reuse
/// goes to a shard that has an idle connection, and every other opens a fresh one in the emptiest shard. Names are never
/// looked up here (`Resolver`), redirects are never followed, a POST is never sent twice.
public final class HTTPClient {
    public internal(set) var endpoint: Endpoint
    let answers: Answers
    let loop: EventLoop
    var headerList: UnsafeMutablePointer<curl_slist>?
    var formerLists: [UnsafeMutablePointer<curl_slist>] = []  // transfers may hold them still
    /// TLS sessions, so that a connection can resume what another one of any shard has negotiated.
    let sessions: UnsafeMutableRawPointer?
    var habit = ConnectionHabit()
    var stamps = StampClock()
    private(set) var shards: [ConnectionShard] = []
    private var roomy = 0  // where the search for a shard with room begins
    private var idleShards: [ConnectionShard] = []
    private var quarantined: [(descriptor: Int32, since: Instant)] = []  // while the server's habit is unknown
    private var touched: [ConnectionShard] = []
    private var due: [ConnectionShard] = []
    let sockets: SocketSet
    let reading: StreamReading
    private var pool: [Transfer] = []
    private var all: [Transfer] = []
    private let timer: UnsafeMutablePointer<uv_timer_t>
    private var timerDeadline = Instant.distantFuture
    private var preopenedSockets: PreopenedSockets
    private var sources: SourceAddresses
    private var closesIdle = false
    private var shardsMade = 0
    private var isClosed = false

    /// Transfers that run now.
    public private(set) var running = 0
    /// Connections opened so far, whoever asked.
    public private(set) var connectionsOpened: Int64 = 0

    /// - Parameter headers: sent with every request; of one name, in any case, the last replaces the others. Values must not
    ///   contain line ends.
    public init(
        loop: EventLoop,
        endpoint: Endpoint,
        headers: [(name: String, value: String)],
        answers: Answers = .documents,
        reader: StreamReader? = .wanted
    ) {
        _ = HTTPClient.globalInit
        if endpoint.scheme == .https { _ = HTTPClient.returnsHandshakeBuffers }
        self.loop = loop
        self.endpoint = endpoint
        self.answers = answers
        headerList = HTTPClient.list(headers)
        sessions = endpoint.scheme == .https ? curl_share_init() : nil
        if let sessions { spate_share_sessions(sessions) }
        sources = SourceAddresses(endpoint.sources)
        timer = .allocate(capacity: 1)
        uv_timer_init(loop.raw, timer)
        preopenedSockets = PreopenedSockets(loop: loop)
        sockets = SocketSet(loop: loop)
        reading = StreamReading(reader, loop: loop, sockets: sockets)
        timer.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        loop.onBeforePoll { [self] in settle() }
        loop.onAfterPoll { [self] in settle() }
        loop.onStandstill { [self] in stoodStill($0) }
        if endpoint.multiplexes { loop.tellsWhenBehind = true }
        loop.onClose { [self] in close() }
    }

    private static let globalInit: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    // MARK: transfers

    /// A transfer of the pool; give it back with `recycle`.
    public func transfer() -> Transfer {
        if let transfer = pool.popLast() { return transfer }
        let transfer = Transfer(client: self)
        all.append(transfer)
        return transfer
    }

    public func recycle(_ transfer: Transfer) {
        precondition(!transfer.isRunning, "a running transfer is recycled")
        transfer.handler = nil
        pool.append(transfer)
    }

    /// Starts a prepared transfer; its clock starts here. Says whether it goes over an open connection: then it is written
    /// before this returns, while a new connection takes a turn or more.
    @discardableResult
    public func start(_ transfer: Transfer, connection: Connection) -> Bool {
        precondition(!transfer.isRunning, "a transfer is started twice")
        let now = MonotonicClock.now()
        let reuse = shardToReuse(connection, now: now)
        let shard = reuse ?? shardWithRoom()
        if reuse != nil {
            shard.reserved += 1
            transfer.holdsReservation = true
        }
        transfer.shard = shard
        transfer.begin(
            reuses: reuse != nil,
            fresh: reuse == nil && !endpoint.multiplexes,
            forbidReuse: habit.verdict == .closes && transfer.isPost && !endpoint.multiplexes,
            preopened: connection == .preopened,
            at: now
        )
        shard.active += 1
        running += 1
        curl_multi_add_handle(shard.multi, transfer.easy)
        if reuse != nil { shard.runTimers() }
        return reuse != nil
    }

    /// Ends a transfer now, closing its connection. Its handler is not called.
    public func cancel(_ transfer: Transfer) {
        guard transfer.isRunning else { return }
        finish(transfer, code: CURLE_ABORTED_BY_CALLBACK)
    }

    @discardableResult
    private func finish(_ transfer: Transfer, code: CURLcode) -> TransferFailure? {
        guard let shard = transfer.shard else { return nil }
        let failure = transfer.conclude(code: code, at: MonotonicClock.now())
        curl_multi_remove_handle(shard.multi, transfer.easy)
        releaseReservation(of: transfer)
        transfer.shard = nil
        shard.active -= 1
        running -= 1
        if failure?.detail == "stale_connection" { habit.wentStale() }
        return failure
    }

    /// What was learnt of the server's way with connections: "keeps", "closes" or nil while unknown.
    public var closesAfterAnswer: Bool? {
        switch habit.verdict {
        case .unknown: nil
        case .keepsAlive: false
        case .closes: true
        }
    }

    public var kernelStamps: Int64 { stamps.kernelStamps }
    public var discardedStamps: Int64 { stamps.discarded }
    public var reads: UInt64 { stamps.reads }
    public var idleConnections: Int { shards.reduce(0) { $0 + $1.idleConnections } }

    // MARK: routing

    private func shardToReuse(_ connection: Connection, now: Instant) -> ConnectionShard? {
        if endpoint.multiplexes { return nil }  // any shard will do: libcurl shares out the streams
        switch connection {
        case .cold, .preopened: return nil
        case .warm: break
        case .any: if habit.verdict == .closes { return nil }
        }
        if connection == .any, habit.verdict == .unknown {
            learn(at: now)
            if habit.verdict != .keepsAlive { return nil }
        }
        while let shard = idleShards.last {
            if shard.availableIdle > 0 { return shard }
            idleShards.removeLast()
            shard.isListedIdle = false
        }
        return nil
    }

    private func shardWithRoom() -> ConnectionShard {
        let capacity = ConnectionShard.capacity(for: endpoint)
        for offset in shards.indices {
            let index = (roomy + offset) % shards.count
            if shards[index].load < capacity {
                roomy = index
                return shards[index]
            }
            if offset > 64 { break }  // full all around: make one
        }
        let shard = ConnectionShard(client: self, number: shardsMade)
        shardsMade += 1
        shards.append(shard)
        roomy = shards.count - 1
        return shard
    }

    /// Looks whether a connection has outlived its answer by long enough to tell the server's habit.
    private func learn(at now: Instant) {
        while let candidate = quarantined.first,
            now.nanoseconds(since: candidate.since) >= ConnectionHabit.quarantineNanoseconds
        {
            quarantined.removeFirst()
            guard let watch = sockets.watch(of: candidate.descriptor), watch.state == .idle,
                watch.idleSince == candidate.since
            else { continue }
            habit.survived(idle: now.nanoseconds(since: candidate.since))
        }
        if habit.verdict != .unknown { quarantined.removeAll() }
    }

    func connectionRests(_ watch: SocketWatch, of shard: ConnectionShard) {
        if watch.state == .idle, watch.carriedPost, habit.verdict == .unknown, quarantined.count < 64 {
            quarantined.append((watch.descriptor, watch.idleSince))
        }
        guard !shard.isListedIdle, shard.availableIdle > 0 else { return }
        shard.isListedIdle = true
        idleShards.append(shard)
    }

    func releaseReservation(of transfer: Transfer) {
        guard transfer.holdsReservation else { return }
        transfer.holdsReservation = false
        transfer.shard?.reserved -= 1
    }

    // MARK: sockets

    /// Puts a new socket under watch.
    func adopt(_ descriptor: Int32, by shard: ConnectionShard) {
        spate_forget_socket(descriptor)
        stamps.forget(descriptor)
        spate_stamp_socket(descriptor)
        sockets.watch(of: descriptor)?.abandon()  // its number came back to us, so it is closed
        sockets.insert(SocketWatch(descriptor: descriptor, shard: shard))
        if endpoint.scheme == .https { spate_read_ahead(descriptor) }
        connectionsOpened += 1
    }

    func closeSocket(_ descriptor: Int32) {
        guard let watch = sockets.watch(of: descriptor) else {
            _ = Glibc.close(descriptor)
            return
        }
        watch.close()
    }

    /// Opens TCP connections ahead of a burst. `done` gets how many are open once none is pending.
    public func preopen(_ count: Int, done: @escaping (Int) -> Void) {
        preopenedSockets.open(count, to: endpoint, bind: { [unowned self] in bindToSource($0) }, done: done)
    }

    func takePreopened(for shard: ConnectionShard) -> Int32? {
        guard let descriptor = preopenedSockets.take() else { return nil }
        adopt(descriptor, by: shard)
        return descriptor
    }

    func bindToSource(_ descriptor: Int32) -> Bool { sources.bind(descriptor) }

    /// Closes the connections that carry nothing, so that what comes after this turn opens its own.
    public func closeIdle() {
        closesIdle = true
        loop.turnAgain()
    }

    private func closeIdleShards() {
        closesIdle = false
        let idle = shards.filter { $0.active == 0 && $0.reserved == 0 }
        shards.removeAll { shard in idle.contains { $0 === shard } }
        idleShards.removeAll { shard in idle.contains { $0 === shard } }
        roomy = 0
        for shard in idle { shard.close() }
    }

    // MARK: once per turn

    func shardWasTouched(_ shard: ConnectionShard) {
        guard !shard.isTouched else { return }
        shard.isTouched = true
        touched.append(shard)
    }

    func shardIsDue(_ shard: ConnectionShard) {
        guard !shard.isDue else { return }
        shard.isDue = true
        due.append(shard)
    }

    func shardWaits(until deadline: Instant) {
        guard deadline < timerDeadline else { return }
        timerDeadline = deadline
        let milliseconds = (deadline.nanoseconds(since: MonotonicClock.now()) + 999_999) / 1_000_000
        uv_update_time(loop.raw)
        uv_timer_start(
            timer,
            { handle in
                guard let data = handle?.pointee.data else { return }
                Unmanaged<HTTPClient>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.timerFired() }
            },
            UInt64(max(0, milliseconds)),
            0
        )
    }

    private func timerFired() {
        timerDeadline = .distantFuture
        let now = MonotonicClock.now()
        var next = Instant.distantFuture
        for shard in shards {
            guard let deadline = shard.deadline else { continue }
            if deadline <= now {
                shard.deadline = nil
                shardIsDue(shard)
            } else {
                next = min(next, deadline)
            }
        }
        if next < .distantFuture { shardWaits(until: next) }
    }

    /// Ends what ended, starts what was added, until nothing is left to do in this turn.
    private func settle() {
        var rounds = 0
        while !touched.isEmpty || !due.isEmpty {
            while let shard = touched.popLast() {
                shard.isTouched = false
                drain(shard)
            }
            let batch = due
            due.removeAll(keepingCapacity: true)
            for shard in batch {
                shard.isDue = false
                shard.runTimers()
            }
            rounds += 1
            if rounds == 16, !due.isEmpty || !touched.isEmpty {  // sockets have waited long enough
                loop.turnAgain()
                return
            }
        }
        if closesIdle { closeIdleShards() }
    }

    private func drain(_ shard: ConnectionShard) {
        var left: Int32 = 0
        while let message = curl_multi_info_read(shard.multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let transfer = Transfer.of(easy)
            else { continue }
            let code = spate_message_result(message)
            if code != CURLE_OK, transfer.mayBeSentAgain {  // libcurl itself tries five times
                transfer.isGranted = true
                curl_multi_remove_handle(shard.multi, easy)
                curl_multi_add_handle(shard.multi, easy)
                continue
            }
            transfer.noteStatus()
            let failure = finish(transfer, code: code)
            transfer.handler?.transfer(transfer, ended: failure)
        }
    }

    // MARK: the end

    private func close() {
        guard !isClosed else { return }
        isClosed = true
        for transfer in all {
            cancel(transfer)
            transfer.leaveShare()
        }
        for shard in shards { shard.close() }
        for watch in sockets.watches { watch.abandon() }
        reading.close()
        sockets.close()
        preopenedSockets.closeAll()
        pool.removeAll()
        all.removeAll()
        uv_timer_stop(timer)
        timer.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { uv_close($0, nil) }
        for list in formerLists + [headerList].compactMap(\.self) { curl_slist_free_all(list) }
        if let sessions { curl_share_cleanup(sessions) }
    }

    deinit { timer.deallocate() }
}

@available(*, unavailable) extension HTTPClient: Sendable {}
