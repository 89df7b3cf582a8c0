internal import Glibc
public import Schedule
internal import Synchronization
internal import Transport

/// A simulated provider on a thread of its own, for whoever waits for signals meanwhile.
public final class SimulatorService: Sendable {
    public struct Options: Sendable {
        public var host = "127.0.0.1"
        public var port = 0  // 0 = any free one
        public var scenario: Scenario
        public var truth: String?

        public init(scenario: Scenario) { self.scenario = scenario }
    }

    private static let expectedClients = 16_384  // at once; more are served too

    public let port: Int
    private let thread: LoopThread
    private let stopper: EventLoop.Waker

    /// Returns when the port is open.
    public init(_ options: Options) throws(SimulatorError) {
        let box = StartBox()
        thread = LoopThread(name: "simulator") {
            ProcessResources.prepareOpenFiles(min(ProcessResources.raiseOpenFiles(), Self.expectedClients))
            let loop = EventLoop()
            loop.onWake { loop.stop() }
            do throws(SimulatorError) {
                let provider = try SimulatedProvider(
                    loop: loop,
                    host: options.host,
                    port: options.port,
                    scenario: options.scenario,
                    truth: options.truth
                )
                box.give(.success((provider.port, loop.waker)))
            } catch {
                box.give(.failure(error))
                loop.stop()  // which closes what was opened
            }
            loop.run()
        }
        switch box.wait() {
        case .success((let port, let waker)):
            self.port = port
            stopper = waker
        case .failure(let error):
            thread.join()
            throw error
        }
    }

    /// Ends it, with its journal complete.
    public func stop() {
        stopper.wake()
        thread.join()
    }
}

/// How the new thread tells whether it could start.
private final class StartBox: Sendable {
    typealias Answer = Result<(Int, EventLoop.Waker), SimulatorError>
    private let answer = Mutex<Answer?>(nil)

    func give(_ value: Answer) { answer.withLock { $0 = value } }

    func wait() -> Answer {
        while true {
            if let value = answer.withLock({ $0 }) { return value }
            usleep(200)
        }
    }
}
