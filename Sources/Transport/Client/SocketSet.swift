internal import CCurl
internal import CLibuv
internal import Glibc

/// The sockets of one client, in an epoll set of their own that the loop watches as one descriptor.
///
/// A `uv_poll_t` for each socket costs two or three system calls at every change (libuv takes the socket out of its epoll
/// set and puts it back), seven for a connection; here it is three. And what is ready in a turn is known together:
/// streams are cold, for between two tokens of one the kernel and a thousand others have been through the cache, so what
/// the next ones need is sent for while one is handled.
final class SocketSet {
    /// What is wanted of a socket, or what it is ready for.
    struct Events: OptionSet {
        let rawValue: UInt32
        static let readable = Events(rawValue: EPOLLIN.rawValue)
        static let writable = Events(rawValue: EPOLLOUT.rawValue)
        // These two come unasked.
        static let failed = Events(rawValue: EPOLLERR.rawValue)
        static let hungUp = Events(rawValue: EPOLLHUP.rawValue)
    }

    private struct Place {
        var watch: Unmanaged<SocketWatch>?
        /// Of the present watch: an event that was fetched for the one before says another.
        var serial: UInt32 = 0
    }

    private let loop: EventLoop
    private let descriptor: Int32
    private let poll: UnsafeMutablePointer<uv_poll_t>
    private let ready: UnsafeMutablePointer<epoll_event>
    private static let most = 1024  // events at a time
    private static let rounds = 48  // in a turn, as libuv does
    private var places: UnsafeMutableBufferPointer<Place>
    private var serial: UInt32 = 0
    /// Taken out while events were being handled: one of their methods may still run.
    private var retired: [SocketWatch] = []
    private var isLooking = false

    init(loop: EventLoop) {
        self.loop = loop
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        if descriptor < 0 { SystemFailure.end("make a set of sockets", errno) }
        ready = .allocate(capacity: Self.most)
        places = .allocate(capacity: 0)
        poll = .allocate(capacity: 1)
        SystemFailure.check(uv_poll_init(loop.raw, poll, descriptor), "watch a set of sockets")
        poll.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        uv_poll_start(poll, Int32(UV_READABLE.rawValue)) { handle, _, _ in
            guard let data = handle?.pointee.data else { return }
            Unmanaged<SocketSet>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.look() }
        }
    }

    // MARK: who is in it

    /// The watch of a socket; nil when there is none.
    func watch(of socket: Int32) -> SocketWatch? {
        let index = Int(socket)
        guard index >= 0, index < places.count else { return nil }
        return places[index].watch?.takeUnretainedValue()
    }

    /// Keeps a watch until `remove`; nothing is wanted of its socket yet.
    func insert(_ watch: SocketWatch) {
        let index = Int(watch.descriptor)
        if index >= places.count { grow(to: index + 1024) }
        serial = (serial + 1) & 0x7fff_ffff
        places[index] = Place(watch: .passRetained(watch), serial: serial)
    }

    /// Lets go of a watch. Its socket leaves the epoll set when it is closed; if it is not, `want` nothing of it first.
    func remove(_ watch: SocketWatch) {
        let index = Int(watch.descriptor)
        guard self.watch(of: watch.descriptor) === watch, let kept = places[index].watch else { return }
        places[index].watch = nil
        let owned = kept.takeRetainedValue()
        if isLooking { retired.append(owned) }
    }

    var watches: [SocketWatch] { places.compactMap { $0.watch?.takeUnretainedValue() } }

    /// Changes what is wanted of a socket whose watch is in the set.
    func change(_ socket: Int32, from before: Events, to wanted: Events) {
        var event = epoll_event()
        event.events = wanted.rawValue
        event.data.u64 = tag(of: socket)
        let operation = before.isEmpty ? EPOLL_CTL_ADD : wanted.isEmpty ? EPOLL_CTL_DEL : EPOLL_CTL_MOD
        let result = epoll_ctl(descriptor, operation, socket, &event)
        // The kernel's limit of watched sockets is four hundred thousand a gigabyte: beyond it nothing can go on.
        if result != 0, operation != EPOLL_CTL_DEL { SystemFailure.end("watch a socket", errno) }
    }

    /// What names a socket and its present watch, below 2^63.
    func tag(of socket: Int32) -> UInt64 {
        UInt64(places[Int(socket)].serial) << 32 | UInt64(UInt32(bitPattern: socket))
    }

    private func grow(to count: Int) {
        let larger = UnsafeMutableBufferPointer<Place>.allocate(capacity: count)
        larger.initialize(repeating: Place())
        for index in places.indices { larger[index] = places[index] }
        places.deallocate()
        places = larger
    }

    // MARK: what came

    /// Watches that are taken out meanwhile live until it is done.
    func keepingWatches(_ body: () -> Void) {
        isLooking = true
        body()
        isLooking = false
        retired.removeAll(keepingCapacity: true)
    }

    private func look() {
        loop.eventBegins()
        keepingWatches(handleAll)
    }

    private func handleAll() {
        var count = Self.most
        var round = 0
        while count == Self.most, round < Self.rounds {
            count = Int(epoll_wait(descriptor, ready, Int32(Self.most), 0))
            handle(max(0, count))
            round += 1
        }
    }

    private func handle(_ count: Int) {
        for index in 0..<count {
            if index + 2 < count, let later = watch(tag: ready[index + 2].data.u64) {
                spate_prefetch(later.toOpaque(), SocketWatch.hotBytes)
            }
            if index + 1 < count, let next = watch(tag: ready[index + 1].data.u64) {
                next._withUnsafeGuaranteedRef { $0.sendForReader() }
            }
            guard let watch = watch(tag: ready[index].data.u64) else { continue }
            let events = Events(rawValue: ready[index].events)
            watch._withUnsafeGuaranteedRef { $0.ready(events) }
        }
    }

    @inline(__always)
    func watch(tag: UInt64) -> Unmanaged<SocketWatch>? {
        let place = places[Int(UInt32(truncatingIfNeeded: tag))]
        return place.serial == UInt32(truncatingIfNeeded: tag >> 32) ? place.watch : nil
    }

    // MARK: the end

    /// Called once, when the loop ends; the handle's memory lives until libuv lets go of it.
    func close() {
        uv_poll_stop(poll)
        _ = Glibc.close(descriptor)
        poll.pointee.data = Unmanaged.passRetained(self).toOpaque()
        poll.withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            uv_close($0) { handle in
                guard let data = handle?.pointee.data else { return }
                Unmanaged<SocketSet>.fromOpaque(data).release()
            }
        }
    }

    deinit {
        poll.deallocate()
        ready.deallocate()
        places.deallocate()
    }
}
