internal import CCurl
internal import CLibcurl
internal import Glibc
internal import Ticks

/// Gets what comes of a transfer. Called on the loop's thread; must not start or cancel transfers from `received`.
public protocol TransferHandler: AnyObject {
    /// A piece of the body. Pieces of one read share `stamp.read`. The bytes are valid during the call only.
    func transfer(_ transfer: Transfer, received bytes: Span<UInt8>, at stamp: ReceiveStamp)
    /// The transfer is over: nil when the response came whole. It may be reused from here on.
    func transfer(_ transfer: Transfer, ended failure: TransferFailure?)
}

/// One HTTP exchange on a pooled libcurl handle. Made and recycled by its `HTTPClient`.
public final class Transfer {
    // What each read touches comes first (`hotBytes`).
    unowned(unsafe) let client: HTTPClient
    unowned(unsafe) var reader: SocketWatch?  // of the socket, while the body is read past libcurl
    /// Not retained: whoever handles a transfer also holds it.
    public unowned(unsafe) var handler: (any TransferHandler)?
    var state = (Memory(), Memory())  // the handler's
    var middle = Middle()  // while the body is read past libcurl
    public internal(set) var timing = Timing()  // its first: `dispatched`
    static let hotBytes = 160

    let easy: UnsafeMutableRawPointer
    unowned(unsafe) var shard: ConnectionShard?
    /// HTTP status; 0 before the response.
    public private(set) var status = 0
    var isRunning = false
    var holdsReservation = false
    var wantsPreopened = false
    var isPost = false
    private var socketNumber: Int32 = -1
    private var sending: Instant?  // when the request was about to be written
    private var knowsFirstSend = false  // and what lay between the two is in `timing.lateSend`
    private var ledger: LoopLedger?  // of its dispatch, where it has to wait for a connection
    private var sends = 0
    private var isAborted = false  // as libcurl went to send it again
    /// Another send was granted when libcurl had given up.
    var isGranted = false
    /// A server may refuse a request of HTTP/2 so often before that is a failure. Each connection to a proxy that takes few
    /// requests on one refuses what came at once beyond them.
    private static let mostSends = 32
    private var systemError: Int32 = 0
    private(set) var head = ResponseHead()
    private var path = ""
    private var body: UnsafeMutableBufferPointer<UInt8>
    private let errorText: UnsafeMutablePointer<CChar>
    private let ownHeader: HeaderLine
    /// One more, of the next request alone; made when the first is given.
    private var extraHeader: HeaderLine?
    /// Bodies up to this size keep their buffer for the next request.
    private static let keptBody = 16 * 1024

    init(client: HTTPClient) {
        guard let easy = curl_easy_init() else { preconditionFailure("libcurl could not make a handle: out of memory") }
        self.easy = easy
        self.client = client
        body = .allocate(capacity: 1)
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        ownHeader = HeaderLine(capacity: 128, next: client.headerList)
        setConstantOptions()
    }

    static func of(_ easy: UnsafeMutableRawPointer) -> Transfer? {
        var pointer: UnsafeMutableRawPointer?
        spate_easy_get_pointer(easy, CURLINFO_PRIVATE, &pointer)
        return pointer.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: before the start

    /// Makes the transfer ready for `POST path` with these bytes, which are copied.
    /// - Parameter header: a line that goes with this request alone, at most 511 bytes of it
    public func prepare(post path: String, body bytes: [UInt8], requestID: String, header: String? = nil) {
        prepare(path: path, requestID: requestID)
        setExtraHeader(header)
        if body.count < bytes.count || (body.count > Self.keptBody && bytes.count <= Self.keptBody) {
            body.deallocate()
            body = .allocate(capacity: max(bytes.count, 1))
        }
        _ = body.update(fromContentsOf: bytes)
        isPost = true
        spate_easy_set_long(easy, CURLOPT_POST, 1)
        spate_easy_set_off_t(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
        spate_easy_set_pointer(easy, CURLOPT_POSTFIELDS, body.baseAddress)
    }

    /// Makes the transfer ready for `GET path`.
    public func prepare(get path: String, requestID: String) {
        prepare(path: path, requestID: requestID)
        setExtraHeader(nil)
        isPost = false
        spate_easy_set_long(easy, CURLOPT_HTTPGET, 1)
    }

    private func prepare(path newPath: String, requestID: String) {
        precondition(!isRunning, "a transfer is prepared while it runs")
        if newPath != path {
            path = newPath
            spate_easy_set_string(easy, CURLOPT_URL, client.endpoint.origin + newPath)
        }
        ownHeader.set("X-Request-Id: \(requestID)")
    }

    private func setExtraHeader(_ line: String?) {
        guard let line else { return ownHeader.setNext(client.headerList) }
        let header = extraHeader ?? HeaderLine(capacity: 512, next: client.headerList)
        extraHeader = header
        header.set(line)
        ownHeader.setNext(header.node)
    }

    private func setConstantOptions() {
        let me = Unmanaged.passUnretained(self).toOpaque()
        spate_easy_set_pointer(easy, CURLOPT_PRIVATE, me)
        spate_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        spate_easy_set_long(easy, CURLOPT_NOSIGNAL, 1)
        let version = client.endpoint.multiplexes ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1
        spate_easy_set_long(easy, CURLOPT_HTTP_VERSION, Int(version))
        // A burst shares the connection that its first request opens, instead of one each.
        if client.endpoint.multiplexes { spate_easy_set_long(easy, CURLOPT_PIPEWAIT, 1) }
        if let sessions = client.sessions { spate_easy_set_pointer(easy, CURLOPT_SHARE, sessions) }
        spate_easy_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        spate_easy_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        // Never one that libcurl finds in the environment by itself: which one is used is told.
        spate_easy_set_string(easy, CURLOPT_PROXY, client.endpoint.proxy?.url ?? "")
        spate_easy_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)  // the proxy's answer is not the target's
        spate_easy_set_long(easy, CURLOPT_MAXAGE_CONN, 3600)
        spate_easy_set_long(easy, CURLOPT_MAXLIFETIME_CONN, client.endpoint.longestConnection ?? 0)
        spate_easy_set_long(easy, CURLOPT_BUFFERSIZE, client.readSize)
        // Under TLS a request is written from a copy in this buffer, 64 KB unless told.
        spate_easy_set_long(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16 * 1024)
        // No timeout of libcurl's: the watchdog above keeps the contract's four. One for connecting would stay in the
        // multi's timer tree for the transfer's whole life and make every read walk it (a tenth of all CPU at 1,000
        // streams); without it libcurl gives up after its 300 s, the most that a profile may ask for.
        spate_easy_set_list(easy, CURLOPT_HTTPHEADER, ownHeader.node)
        if !client.endpoint.verifiesTLS {
            spate_easy_set_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
            spate_easy_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let roots = client.endpoint.rootsFile { spate_easy_set_string(easy, CURLOPT_CAINFO, roots) }
        spate_easy_set_write(
            easy,
            { bytes, _, count, context in
                guard let context, let bytes else { return 0 }
                return Unmanaged<Transfer>.fromOpaque(context)._withUnsafeGuaranteedRef {
                    $0.received(bytes, count: count)
                }
            },
            me
        )
        spate_easy_set_header(
            easy,
            { bytes, _, count, context in
                guard let context, let bytes else { return 0 }
                return Unmanaged<Transfer>.fromOpaque(context)._withUnsafeGuaranteedRef {
                    $0.receivedHeader(bytes, count: count)
                }
            },
            me
        )
        spate_easy_set_prereq(
            easy,
            { context, _, _, _, _ in
                guard let context else { return CURL_PREREQFUNC_ABORT }
                return Unmanaged<Transfer>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.willSend() }
            },
            me
        )
        spate_easy_set_open_socket(
            easy,
            { context, _, address in
                guard let context, let address else { return -1 }
                return Unmanaged<Transfer>.fromOpaque(context)._withUnsafeGuaranteedRef {
                    $0.openSocket(
                        family: address.pointee.family,
                        type: address.pointee.socktype,
                        protocol: address.pointee.protocol
                    )
                }
            },
            me
        )
        // A connection outlives its transfers, so closing belongs to the client.
        spate_easy_set_close_socket(
            easy,
            { context, socket in
                guard let context else { return 1 }
                Unmanaged<HTTPClient>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.closeSocket(socket) }
                return 0
            },
            Unmanaged.passUnretained(client).toOpaque()
        )
    }

    // MARK: the start and the end, called by the client

    func begin(reuses: Bool, fresh: Bool, forbidReuse: Bool, preopened: Bool, at now: Instant) {
        timing = Timing()
        timing.dispatched = now
        status = 0
        sends = 0
        isAborted = false
        isGranted = false
        middle = Middle()
        systemError = 0
        if client.endpoint.multiplexes { _ = spate_was_refused(easy) }
        socketNumber = -1
        wantsPreopened = preopened
        head.reset()
        errorText.pointee = 0
        sending = nil
        knowsFirstSend = false
        ledger = reuses ? nil : client.loop.ledger(at: now)
        (ownHeader.followed(by: extraHeader) ?? ownHeader).setNext(client.headerList)
        if let list = shard?.resolveList { spate_easy_set_list(easy, CURLOPT_RESOLVE, list) }
        spate_easy_set_long(easy, CURLOPT_FRESH_CONNECT, fresh ? 1 : 0)
        spate_easy_set_long(easy, CURLOPT_FORBID_REUSE, forbidReuse ? 1 : 0)
        isRunning = true
    }

    /// Closes the books; nil when the response came whole.
    func conclude(code: CURLcode, at now: Instant) -> TransferFailure? {
        isRunning = false
        endMiddle(isWhole: code == CURLE_OK, at: now)
        noteWritten()
        timing.ended = now
        if code != CURLE_OK { timing.answered = nil }
        if code != CURLE_OK, systemError == 0 {
            var number = 0
            spate_easy_get_long(easy, CURLINFO_OS_ERRNO, &number)
            systemError = Int32(truncatingIfNeeded: number)
        }
        var opened = 0
        spate_easy_get_long(easy, CURLINFO_NUM_CONNECTS, &opened)
        timing.reused = opened == 0 && sends > 0
        if !timing.reused {
            let (lookup, connected) = (time(CURLINFO_NAMELOOKUP_TIME_T), time(CURLINFO_CONNECT_TIME_T))
            let secured = time(CURLINFO_APPCONNECT_TIME_T)
            if connected > 0 { timing.connect = max(0, connected - lookup) }
            if secured > 0 { timing.tls = max(0, secured - connected) }
        }
        var version = 0
        spate_easy_get_long(easy, CURLINFO_HTTP_VERSION, &version)
        timing.http = version >= Int(CURL_HTTP_VERSION_2_0) ? 2 : version == Int(CURL_HTTP_VERSION_NONE) ? 0 : 1
        guard code != CURLE_OK else { return nil }
        return TransferFailure(
            code: code,
            systemError: systemError,
            progress: TransferFailure.Progress(
                isRetried: isAborted,
                isWritten: sends > 0,
                isAnswered: timing.firstByte != nil,
                flaw: head.flaw
            ),
            text: String(cString: errorText)
        )
    }

    private func time(_ info: CURLINFO) -> Int64 {
        var microseconds: curl_off_t = 0
        spate_easy_get_off_t(easy, info, &microseconds)
        return Int64(microseconds) * 1000
    }

    // MARK: libcurl's callbacks

    func uses(_ watch: SocketWatch) {
        if socketNumber != watch.descriptor {
            socketNumber = watch.descriptor
            watch.carriedPost = isPost
            client.releaseReservation(of: self)
        }
        if sends > 0 { watch.isEstablished = true }
        noteWritten()
    }

    func answered(at instant: Instant?) { if isRunning { timing.answered = instant } }

    /// Right before the request is written. A second time means that libcurl sends it again: never what a server may have
    /// taken.
    private func willSend() -> Int32 {
        if sends > 0, !isGranted, !mayBeSentAgain {
            isAborted = true
            return CURL_PREREQFUNC_ABORT
        }
        isGranted = false
        sends += 1
        let now = MonotonicClock.now()
        spate_request_begins()
        let watch = client.sockets.watch(of: socketNumber)
        if timing.lateSend == nil {
            sending = now
            let waited = now.nanoseconds(since: timing.dispatched)
            let own = watch?.setUpWork(until: now) ?? 0
            timing.lateSend =
                ledger.map { before in
                    max(0, min(waited, client.loop.ledger(at: now).notWaiting(since: before)) - own)
                } ?? waited
        }
        watch?.isEstablished = true
        // The socket's latest send may be another stream's. Of several sends the last is the one that was taken.
        if client.endpoint.multiplexes { timing.written = now }
        return CURL_PREREQFUNC_OK
    }

    /// Whether the server said that it had not taken the request (RFC 9113, 8.7).
    var mayBeSentAgain: Bool {
        client.endpoint.multiplexes && timing.firstByte == nil && sends < Self.mostSends && spate_was_refused(easy)
    }

    private func openSocket(family: Int32, type: Int32, protocol proto: Int32) -> curl_socket_t {
        guard let shard else { return -1 }
        client.releaseReservation(of: self)
        if wantsPreopened, let descriptor = client.takePreopened(for: shard) {
            timing.preopened = true
            return descriptor
        }
        let descriptor = spate_stream_socket(family, type, proto)
        guard descriptor >= 0 else {
            systemError = errno
            return -1
        }
        guard client.bindToSource(descriptor) else {
            systemError = errno
            _ = Glibc.close(descriptor)
            return -1
        }
        client.adopt(descriptor, by: shard)
        return descriptor
    }

    /// A quick server's answer is read before libcurl names the socket, so the write may be noted after it; and the
    /// answer can be there before `send` returns, yet never before the request.
    private func noteWritten() {
        guard !client.endpoint.multiplexes else { return }
        guard timing.firstByte == nil || timing.written == nil, sends > 0, socketNumber >= 0 else { return }
        let sends = spate_sends_of(socketNumber)
        guard sends.last >= timing.dispatched.nanoseconds else { return }
        timing.written = Instant(nanoseconds: min(sends.last, timing.firstByte?.nanoseconds ?? sends.last))
        guard let sending, !knowsFirstSend, sends.first >= sending.nanoseconds else { return }
        knowsFirstSend = true
        // From the decision to send to the kernel's hands; within the call a stop shows, not the peer's running.
        let took = sends.first_took >= TurnTimes.shortestStop ? sends.first_took : 0
        timing.lateSend = timing.lateSend.map { $0 + sends.first - sending.nanoseconds + took }
    }

    private func receivedHeader(_ bytes: UnsafeMutablePointer<CChar>, count: Int) -> Int {
        if timing.firstByte == nil {
            if socketNumber < 0, let watch = client.watchOfLatestRead { uses(watch) }
            noteWritten()
            let first = client.stamp().instant
            timing.firstByte = first
            // An answer can be there before libcurl has named the socket.
            if let written = timing.written ?? sending { timing.written = min(written, first) }
        }
        return bytes.withMemoryRebound(to: UInt8.self, capacity: count) { start in
            head.add(UnsafeBufferPointer(start: start, count: count)) ? count : 0
        }
    }

    private func received(_ bytes: UnsafeMutablePointer<CChar>, count: Int) -> Int {
        var stamp = client.stamp()
        stamp.isExactAtEnd = endsRead(bytes, count: count) && isTrue(stamp)
        if status == 0 { readStatus() }
        bytes.withMemoryRebound(to: UInt8.self, capacity: count) { start in
            handler?.transfer(self, received: Span(_unsafeStart: start, count: count), at: stamp)
        }
        if client.endpoint.scheme == .http, reader == nil, standsBetweenChunks(after: bytes, count: count),
            let watch = client.sockets.watch(of: socketNumber)
        {
            takeOver(watch)
        }
        return count
    }

    private func readStatus() {
        var code = 0
        spate_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &code)
        status = code
    }

    func leaveShare() { spate_easy_set_pointer(easy, CURLOPT_SHARE, nil) }

    /// Called once more at the end, for responses without a body.
    func noteStatus() { if status == 0 { readStatus() } }

    deinit {
        curl_easy_cleanup(easy)
        body.deallocate()
        errorText.deallocate()
    }
}

@available(*, unavailable) extension Transfer: Sendable {}
