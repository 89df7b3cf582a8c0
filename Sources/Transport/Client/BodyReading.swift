internal import CCurl
internal import Glibc
internal import Ticks

/// Reads the middle of a streamed answer past libcurl.
///
/// Per token libcurl 7.88 looks up the socket, goes through the multi's timer tree twice and its state machine once: a
/// fifth of all CPU at 1,000 streams. A chunked body over plain HTTP/1.1 needs none of that: once libcurl stands between
/// two chunks, its `recv` finds the socket empty, and chunks go from here straight to the handler. At the last chunk, the
/// stream's end, an error, or anything not plain, the bytes from that size line on are given back, and libcurl goes on as
/// if the chunks before had never been.
extension Transfer {
    /// What is known of a body that is read so.
    struct Middle {
        var framing = ChunkFraming()
        var pace = StreamPace()
        var endIsNear = false
        var hasBegun = false
    }

    /// Whether the handler knows that the answer is almost at its end, so that what comes next should be read at once.
    public var endIsNear: Bool {
        get { middle.endIsNear }
        set { middle.endIsNear = newValue }
    }

    /// Whether libcurl, in the middle of a delivery of these bytes, will stand between two chunks when it is done with the
    /// read: behind them the read has one line end, which is not data, and no more.
    func standsBetweenChunks(after bytes: UnsafeMutablePointer<CChar>, count: Int) -> Bool {
        guard let end = spate_receive_state_of_thread()?.pointee.end else { return false }
        guard UnsafeRawPointer(bytes + count + 2) == end, bytes[count] == 0x0d, bytes[count + 1] == 0x0a else {
            return false
        }
        return responseHeader("transfer-encoding")?.lowercased() == "chunked"
    }

    func takeOver(_ watch: SocketWatch) {
        guard spate_hold_back(watch.descriptor) else { return }
        middle.framing = ChunkFraming()
        if !middle.hasBegun { client.reading.answerBegan(at: timing.dispatched) }
        middle.hasBegun = true
        watch.reader = .passUnretained(self)
        reader = watch
    }

    /// The socket has something. false when libcurl has to go on.
    func readBody(of socket: Int32) -> Bool {
        sendForState()  // on its way while the kernel is asked
        var bytes: UnsafePointer<UInt8>?
        let count = spate_receive(socket, &bytes)
        guard count > 0 else {
            let error = errno
            if count < 0, error == EAGAIN || error == EINTR { return true }
            giveBack(UnsafeBufferPointer(start: nil, count: 0), error: count < 0 ? error : 0)
            return false
        }
        let read = UnsafeBufferPointer(start: bytes, count: count)
        let emptied = count < Int(SPATE_RECEIVE_MOST)
        guard let rest = deliver(read, emptiedSocket: emptied) else {
            // What is left has waited for longer than a ring would know.
            if emptied, let watch = reader { client.reading.mayGather(self, watch) }
            return true
        }
        giveBack(rest)
        return false
    }

    /// Hands on what of a read is data. nil = all is well; else libcurl has to go on, with these bytes.
    func deliver(_ read: UnsafeBufferPointer<UInt8>, emptiedSocket: Bool) -> UnsafeBufferPointer<UInt8>? {
        var stamp = client.stamp()
        var place = 0
        var pieces = 0
        while true {
            switch middle.framing.next(in: read, from: &place) {
            case .data(let range):
                pieces += 1
                let data = UnsafeBufferPointer(rebasing: read[range])
                stamp.isExactAtEnd = emptiedSocket && read.count - range.upperBound <= 2 && isTrue(stamp)
                handler?.transfer(self, received: Span(_unsafeElements: data), at: stamp)
            case .end:
                client.reading.read(pieces, &middle.pace, at: stamp.instant)
                return nil
            case .stop(let start): return UnsafeBufferPointer(rebasing: read[start...])
            // libcurl refuses a size line that begins so, as it would have refused what came.
            case .malformed: return UnsafeBufferPointer(start: spate_no_size(), count: 1)
            }
        }
    }

    /// libcurl reads again, first these bytes and this error.
    func giveBack(_ bytes: UnsafeBufferPointer<UInt8>, error: Int32 = 0) {
        guard let watch = reader else { return }
        watch.reader = nil
        reader = nil
        if !spate_give_back(watch.descriptor, bytes.baseAddress, bytes.count, error) {
            spate_give_back(watch.descriptor, nil, 0, ENOMEM)
        }
    }

    /// Notes two objects of which the handler touches so many bytes, from their start, at each read. They must live as long as it
    /// is the handler.
    public func touches(_ first: AnyObject, bytes: Int, _ second: AnyObject, bytes more: Int) {
        state = (Memory(of: first, bytes: bytes), Memory(of: second, bytes: more))
    }

    @inline(__always)
    func sendForState() {
        spate_prefetch(state.0.start, state.0.bytes)
        spate_prefetch(state.1.start, state.1.bytes)
    }

    /// Where an object lies.
    struct Memory {
        var start: UnsafeMutableRawPointer?
        var bytes = 0

        init() {}
        init(of object: AnyObject, bytes: Int) {
            let place = Unmanaged.passUnretained(object).toOpaque()
            (start, self.bytes) = (place, min(bytes, malloc_usable_size(place)))
        }
    }

    /// Whether a stamp is when its bytes came: the kernel's, of a machine that did not stand still, and of a sender that
    /// could send.
    func isTrue(_ stamp: ReceiveStamp) -> Bool {
        stamp.isKernel && !client.loop.machineStoodStill && !client.reading.machineStoodStill
            && client.heldBackSince(stamp.instant, answering: timing.dispatched) == nil
    }

    /// The transfer is over.
    func endMiddle(isWhole: Bool, at now: Instant) {
        if let reader { client.reading.drop(reader) }
        giveBack(UnsafeBufferPointer(start: nil, count: 0))
        if isWhole, middle.hasBegun {
            client.reading.answerEnded(lasting: now.nanoseconds(since: timing.dispatched))
        }
    }
}
