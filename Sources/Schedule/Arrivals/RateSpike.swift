import Ticks

/// A rate that jumps up at even distances, as a timer's or a queue's does: `base`, and for the last `length` of every
/// `period` `peak`.
///
/// The area under it is a line with a bend in each period, so that the instant at which it reaches a number of requests is
/// exact.
public struct RateSpike: RateCurveShape {
    public var base: Rate  // may be 0
    public var peak: Rate  // at least the base
    public var period: Duration
    public var length: Duration  // below the period

    public init(base: Rate, peak: Rate, every period: Duration, for length: Duration) {
        precondition(base <= peak && peak > .zero && length > .zero && length < period, "a spike rises, and ends")
        (self.base, self.peak, self.period, self.length) = (base, peak, period, length)
    }

    var isConstant: Bool { base == peak }

    /// From the beginning of a period to that of its spike.
    private var rise: Int64 { period.nanoseconds - length.nanoseconds }

    func rate(at elapsed: Int64) -> Double {
        elapsed % period.nanoseconds < rise ? base.perSecond : peak.perSecond
    }

    func peak(_ begin: Int64, _ end: Int64) -> Double {
        let place = begin % period.nanoseconds
        return place >= rise || begin - place + rise < end ? peak.perSecond : base.perSecond
    }

    func area(to elapsed: Int64) -> Int128 {
        let (periods, place) = elapsed.quotientAndRemainder(dividingBy: period.nanoseconds)
        return Int128(periods) * wholeArea + 2 * Int128(base.micro) * Int128(min(place, rise))
            + 2 * Int128(peak.micro) * Int128(max(0, place - rise))
    }

    /// Of one period.
    private var wholeArea: Int128 {
        2 * (Int128(base.micro) * Int128(rise) + Int128(peak.micro) * Int128(length.nanoseconds))
    }

    func instant(ofArea target: Int128, before end: Int64) -> Int64 {
        let (periods, rest) = target.quotientAndRemainder(dividingBy: wholeArea)
        let below = 2 * Int128(base.micro) * Int128(rise)
        // With a base of 0 the area stands still between two spikes, and is reached where the first of them ended.
        let place =
            rest == 0
            ? 0
            : rest <= below
                ? Self.rounded(rest, 2 * Int128(base.micro))
                : Int128(rise) + Self.rounded(rest - below, 2 * Int128(peak.micro))
        return Int64(periods * Int128(period.nanoseconds) + place)
    }

    private static func rounded(_ area: Int128, _ rate: Int128) -> Int128 { (area + rate / 2) / rate }

    var words: String {
        "\(base.text) to \(peak.text) (spikes, \(Self.seconds(length)) of every \(Self.seconds(period)) s)"
    }

    var members: [(name: String, value: String)] {
        let times = "every: \(Self.seconds(period))s, for: \(Self.seconds(length))s"
        return [("spike", "{base: \(base.text), peak: \(peak.text), \(times)}")]
    }

    /// Up to six decimals.
    private static func seconds(_ duration: Duration) -> String { Rate(duration / .seconds(1)).text }

    var canonical: String {
        "spike base=\(base.micro) peak=\(peak.micro) period=\(period.nanoseconds) length=\(length.nanoseconds)"
    }

    func fast(by factor: Int) -> RateSpike {
        RateSpike(
            base: Rate(micro: base.micro * Int64(factor)),
            peak: Rate(micro: peak.micro * Int64(factor)),
            every: period / factor,
            for: length / factor
        )
    }
}
