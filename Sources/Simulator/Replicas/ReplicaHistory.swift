internal import Ticks

/// When each replica was started, ready and let go; those of the beginning were never started.
struct ReplicaHistory: Sendable {
    struct Life: Sendable {
        let number: Int
        var starting: Instant?
        var ready: Instant?
        var gone: Instant?
    }

    private(set) var lives: [Life]

    init(readyFromTheStart count: Int, at start: Instant) {
        lives = (0..<max(0, count)).map { Life(number: $0, ready: start) }
    }

    /// Numbers count up from 0, so that a replica's number is its place.
    mutating func starting(_ number: Int, at now: Instant) { lives.append(Life(number: number, starting: now)) }
    mutating func ready(_ number: Int, at now: Instant) { lives[number].ready = now }
    mutating func gone(_ number: Int, at now: Instant) { lives[number].gone = now }
}
