import ArgumentParser
import Transport

/// `--loops N|auto`.
enum LoopCount: Equatable, ExpressibleByArgument {
    case exactly(Int)
    case auto

    static let allowed = 1...256

    /// A loop holds ten thousand slow streams; from half of that on a second one keeps the lags low.
    static let streamsOfOne = 5_000

    init?(argument: String) {
        if argument == "auto" {
            self = .auto
        } else if let count = Int(argument) {
            self = .exactly(count)
        } else {
            return nil
        }
    }

    var defaultValueDescription: String { if case .exactly(let count) = self { "\(count)" } else { "auto" } }

    /// A core is left to whatever else runs, and the store's thread; never more loops than the streams are worth.
    func count(peakInFlight: Int, cores: Int = ProcessResources.cores()) -> Int {
        switch self {
        case .exactly(let count): count
        case .auto: max(1, min(cores - 1, (peakInFlight + Self.streamsOfOne - 1) / Self.streamsOfOne))
        }
    }
}
