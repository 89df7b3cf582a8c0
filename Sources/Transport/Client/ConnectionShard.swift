internal import CCurl
internal import CLibcurl
internal import Ticks

/// One libcurl multi handle and the few connections it may have.
///
/// libcurl 7.88 walks all connections of a multi on each completion and on each new request to a host it knows, so ten
/// thousand connections on one handle cost seconds of CPU where many small handles cost one. A handle is 36 KB itself.
final class ConnectionShard {
    /// Connections, or streams that share one, that a shard takes before another one is made. Under TLS each shard loads
    /// the trusted roots anew, so there are fewer. 100 streams are what a server of HTTP/2 should allow at least (RFC 9113,
    /// 6.5.2): libcurl would open a connection for each stream above the server's limit.
    static func capacity(for endpoint: Endpoint) -> Int {
        endpoint.multiplexes ? 100 : endpoint.scheme == .https ? 256 : 128
    }

    let multi: UnsafeMutableRawPointer
    private(set) var resolveList: UnsafeMutablePointer<curl_slist>?
    private var formerLists: [UnsafeMutablePointer<curl_slist>] = []  // transfers may hold them still
    unowned(unsafe) let client: HTTPClient
    /// Transfers added and not yet ended.
    var active = 0
    /// Connections that are open and carry no transfer.
    var idleConnections = 0
    /// Transfers that will take an idle connection and have not yet.
    var reserved = 0
    var isTouched = false
    var isDue = false
    var isListedIdle = false
    /// When libcurl wants to be called although nothing happens; nil = never.
    var deadline: Instant?
    /// Sockets of HTTP/2 that libcurl is to be called for although nothing happens on them, and how often.
    private var unread: [curl_socket_t: Int] = [:]

    /// - Parameter number: how many were made before it.
    init(client: HTTPClient, number: Int) {
        guard let multi = curl_multi_init() else { preconditionFailure("libcurl could not make a multi handle") }
        self.multi = multi
        self.client = client
        resolve(turn: number)
        let me = Unmanaged.passUnretained(self).toOpaque()
        spate_multi_set_socket(
            multi,
            { easy, socket, what, context, _ in
                guard let context else { return 0 }
                Unmanaged<ConnectionShard>.fromOpaque(context)._withUnsafeGuaranteedRef {
                    $0.socketChanged(easy: easy, socket: socket, what: what)
                }
                return 0
            },
            me
        )
        spate_multi_set_timer(
            multi,
            { _, milliseconds, context in
                guard let context else { return 0 }
                Unmanaged<ConnectionShard>.fromOpaque(context)._withUnsafeGuaranteedRef {
                    $0.timerChanged(milliseconds)
                }
                return 0
            },
            me
        )
        let capacity = Self.capacity(for: client.endpoint)
        spate_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 4 * capacity)
        let sharing = client.endpoint.multiplexes ? CURLPIPE_MULTIPLEX : CURLPIPE_NOTHING
        spate_multi_set_long(multi, CURLMOPT_PIPELINING, Int(sharing))
        spate_multi_set_long(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, capacity)  // the server has its own limit, too
    }

    var load: Int { active + idleConnections }
    var availableIdle: Int { idleConnections - reserved }

    // MARK: what libcurl says

    private func socketChanged(easy: UnsafeMutableRawPointer?, socket: curl_socket_t, what: Int32) {
        guard let watch = client.sockets.watch(of: socket) else { return }
        if what == CURL_POLL_REMOVE {
            // Called from within the read that completed the answer.
            if !client.endpoint.multiplexes, let easy, let transfer = Transfer.of(easy) {
                transfer.answered(at: client.stamp(of: socket)?.instant)
            }
            guard watch.isEstablished else { return watch.abandon() }
            watch.rest(now: MonotonicClock.now())
            if spate_given_back(socket) > 0 { watch.ready(.readable) }  // nobody asked for it, and no event tells of it
            client.connectionRests(watch, of: self)
            return
        }
        if let easy, let transfer = Transfer.of(easy) { transfer.uses(watch) }
        var events: SocketSet.Events = []
        if what & CURL_POLL_IN != 0 { events.insert(.readable) }
        if what & CURL_POLL_OUT != 0 { events.insert(.writable) }
        watch.want(events)
    }

    private func timerChanged(_ milliseconds: Int) {
        if milliseconds < 0 {
            deadline = nil
        } else if milliseconds == 0 {
            deadline = nil
            client.shardIsDue(self)
        } else {
            let instant = MonotonicClock.now().advanced(byNanoseconds: Int64(milliseconds) * 1_000_000)
            deadline = instant
            client.shardWaits(until: instant)
        }
    }

    // MARK: what happened to it

    func socketReady(_ socket: curl_socket_t, _ events: SocketSet.Events) {
        var flags: Int32 = 0
        if events.contains(.failed) { flags = CURL_CSELECT_ERR }
        if !events.isDisjoint(with: [.readable, .hungUp]) { flags |= CURL_CSELECT_IN }
        if events.contains(.writable) { flags |= CURL_CSELECT_OUT }
        act(on: socket, flags: flags)
        readRest(of: socket)
    }

    /// Of what it is given back, or was read ahead, libcurl reads so much in a call, and no socket tells of the rest.
    private func readRest(of socket: curl_socket_t) {
        var left = spate_given_back(socket)
        while left > 0 {
            act(on: socket, flags: CURL_CSELECT_IN)
            let rest = spate_given_back(socket)
            if rest >= left { return }
            left = rest
        }
    }

    /// Lets libcurl handle its expired timers, among them transfers that were just added.
    func runTimers() {
        act(on: CURL_SOCKET_TIMEOUT, flags: 0)
        readRest(of: spate_ahead_of())
    }

    private func act(on socket: curl_socket_t, flags: Int32) {
        spate_libcurl_reads(true)
        var running: Int32 = 0
        curl_multi_socket_action(multi, socket, flags, &running)
        if client.endpoint.multiplexes { readOn() }
        spate_libcurl_reads(false)
        client.shardWasTouched(self)
    }

    /// Has libcurl hand on what a read brought beyond the buffer of a stream (unread.c): what was in the buffer, the rest of
    /// the frame piece by piece, and what stands behind it, one call each.
    private func readOn() {
        for _ in 0..<Self.mostCallsInARow {
            while case let socket = spate_take_unread(), socket >= 0 {
                unread[socket] = 2 + Self.largestFrame / client.readSize
            }
            guard let (socket, calls) = unread.first else { return }
            unread[socket] = calls > 1 ? calls - 1 : nil
            var running: Int32 = 0
            curl_multi_socket_action(multi, socket, CURL_CSELECT_IN, &running)
        }
        client.shardIsDue(self)  // the other sockets have waited long enough
    }

    private static let mostCallsInARow = 64
    private static let largestFrame = 16_384  // no larger one is allowed to be sent to us (RFC 9113, 4.2)

    func idleConnectionDied(_ watch: SocketWatch) {
        guard watch.carriedPost else { return }
        client.habit.closed(afterIdle: MonotonicClock.now().nanoseconds(since: watch.idleSince))
    }

    /// The addresses of the name, for transfers that start from now on; a later entry replaces what libcurl knows.
    func resolve(turn: Int) {
        if let resolveList { formerLists.append(resolveList) }
        resolveList = client.endpoint.resolveEntry(turn: turn).flatMap { curl_slist_append(nil, $0) }
    }

    func close() {
        curl_multi_cleanup(multi)
        for list in formerLists + [resolveList].compactMap(\.self) { curl_slist_free_all(list) }
    }
}
