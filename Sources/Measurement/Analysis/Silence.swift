/// A time in which streams were open and no token came, though the generator ran (the contract's *silence*).
///
/// Pure: instants are nanoseconds since the run's t0. What counts as long comes from the row's own gaps.
struct Silence: Sendable, Hashable {
    /// The least that is a silence, whatever the gaps of the row are: 1 s.
    static let shortest: Int64 = 1_000_000_000
    /// Of the p90 of the row's gaps, and of its median wait for a first token, a silence is longer than so many times.
    static let gapFactor = 5.0
    static let waitFactor = 10.0
    /// A part of the streams is silent together from so many on, and from so large a share on.
    static let fewestStreams = 3
    static let leastShare = 0.5

    var start: Int64  // the last token's stamp, or the first `written`
    var end: Int64  // the next token's; where none came, the last open stream's end
    var stopped: Int64 = 0  // time of it in which the generator did not run
    var isJoint: Bool  // no token on any open stream
    var streams: Int  // silent at once, the most
    var of: Int  // open at once then
    var requests: Int  // that were open and silent at some time of it

    /// Without the time in which the generator did not run.
    var length: Int64 { end - start - stopped }

    /// One request as silence sees it.
    struct Stream: Sendable, Hashable {
        var opened: Int64  // `written`
        @Sparse var firstToken: Int64?
        @Sparse var lastToken: Int64?
        var closed: Int64  // the terminal sign, else its end
        var gaps: [Range<Int64>] = []  // long ones between its tokens, ascending
    }

    /// What the row itself shows, nanoseconds; nil = it cannot be said.
    struct Limits: Sendable, Hashable {
        var jointGap: Double?  // p90 of the gaps between tokens of all streams together
        var streamGap: Double?  // p90 of the gaps of one stream
        var wait: Double?  // median TTFT, or e2e of answers in one piece

        var joint: Int64 { max(Silence.shortest, Self.nanoseconds((jointGap ?? 0) * gapFactor)) }
        var perStream: Int64 { max(Silence.shortest, Self.nanoseconds((streamGap ?? 0) * gapFactor)) }
        /// nil where nobody knows how long a first token takes.
        var waiting: Int64? { wait.map { max(joint, Self.nanoseconds($0 * waitFactor)) } }

        private static func nanoseconds(_ value: Double) -> Int64 { Int64(min(max(0, value), 9e18)) }
    }

    /// - Parameters:
    ///   - streams: all requests of the row that were written
    ///   - stops: when the generator did not run
    ///   - excused: when a wait for a first token is no silence (before an edge's first token), nor counts in one
    static func all(of streams: [Stream], limits: Limits, stops: [Range<Int64>], excused: [Range<Int64>] = [])
        -> [Silence]
    {
        let stops = Spans.union(stops)
        let joint = jointSilences(of: streams, limits, stops, excused: Spans.union(excused))
        let partial = partialSilences(of: streams, limits, stops)
        // One incident for one silence: a part that fell silent before or spoke again after the others belongs to it.
        var result = joint
        for part in partial {
            let touching = result.indices.filter { result[$0].start <= part.end && part.start <= result[$0].end }
            guard let first = touching.first else {
                result.append(part)
                continue
            }
            for index in touching.dropFirst().reversed() {
                result[first].join(result[index])
                result.remove(at: index)
            }
            result[first].join(part)
        }
        return result.map { silence in
            var silence = silence
            silence.stopped = Spans.length(stops, in: silence.start..<silence.end)
            silence.count(streams)
            return silence
        }.sorted { $0.start < $1.start }
    }

    /// The longest joint one, nanoseconds without the generator's stops; 0 without any.
    static func longestJoint(_ silences: [Silence]) -> Int64 { silences.filter(\.isJoint).map(\.length).max() ?? 0 }

    /// Where all streams are silent, that begins with the last token and ends with the next one: single streams that were
    /// silent a gap longer do not move it.
    private mutating func join(_ other: Silence) {
        let least = isJoint == other.isJoint ? 0 : GapLog.shortest
        if isJoint || !other.isJoint {
            if start - other.start > least { start = other.start }
            if other.end - end > least { end = other.end }
        } else {
            start = other.start - start > least ? start : other.start
            end = end - other.end > least ? end : other.end
        }
        isJoint = isJoint || other.isJoint
    }

    // MARK: all open streams

    private static func jointSilences(
        of streams: [Stream],
        _ limits: Limits,
        _ stops: [Range<Int64>],
        excused: [Range<Int64>]
    ) -> [Silence] {
        var (open, spoken) = (Spans.Union(), Spans.Union())
        for stream in streams {
            open.add(stream.open)
            if stream.gaps.isEmpty, let span = stream.span {
                spoken.add(span)
            } else {
                stream.spoken.forEach { spoken.add($0) }
            }
        }
        let quiet = Spans.subtract(excused, from: Spans.subtract(spoken.ranges, from: open.ranges))
        if quiet.isEmpty { return [] }
        let begun = Spans.union(streams.compactMap(\.begun))
        return quiet.compactMap { quiet in
            let length = { (span: Range<Int64>) in span.length - Spans.length(stops, in: span) }
            // Streams that had begun are held to their gaps; where all wait for a first token, to such waits.
            // Nearly none is so long, and a run may have as many as requests.
            guard quiet.length > limits.joint, length(quiet) > limits.joint else { return nil }
            let isLong =
                Spans.those(of: begun, within: quiet).contains { length($0.clamped(to: quiet)) > limits.joint }
                || limits.waiting.map { length(quiet) > $0 } ?? false
            guard isLong else { return nil }
            return Silence(
                start: quiet.lowerBound,
                end: quiet.upperBound,
                isJoint: true,
                streams: 0,
                of: 0,
                requests: 0
            )
        }
    }

    // MARK: a part of them

    private static func partialSilences(of streams: [Stream], _ limits: Limits, _ stops: [Range<Int64>]) -> [Silence] {
        var changes: [(at: Int64, begun: Int, silent: Int)] = []
        for stream in streams where stream.begun != nil {
            for gap in stream.silentGaps where gap.length - Spans.length(stops, in: gap) > limits.perStream {
                changes.append((gap.lowerBound, 0, 1))
                changes.append((gap.upperBound, 0, -1))
            }
        }
        if changes.count < 2 * fewestStreams { return [] }  // never so many at once
        for begun in streams.lazy.compactMap(\.begun) {
            changes.append((begun.lowerBound, 1, 0))
            changes.append((begun.upperBound, -1, 0))
        }
        changes.sort { $0.at < $1.at }
        var found: [Silence] = []
        var (begun, silent) = (0, 0)
        var since: Int64?
        var index = 0
        while index < changes.count {
            let now = changes[index].at
            while index < changes.count, changes[index].at == now {
                begun += changes[index].begun
                silent += changes[index].silent
                index += 1
            }
            let isSilent = silent >= fewestStreams && Double(silent) >= leastShare * Double(begun)
            if isSilent {
                since = since ?? now
            } else if let from = since {
                let span = from..<now
                if span.length - Spans.length(stops, in: span) > limits.perStream {
                    found.append(Silence(start: from, end: now, isJoint: false, streams: 0, of: 0, requests: 0))
                }
                since = nil
            }
        }
        return found
    }

    // MARK: whom it hit

    /// All of the streams that were open in a joint silence are hit, those that were written during it too. Of a part's,
    /// those that brought nothing for most of it. A stream that ended or began at its border is not.
    private mutating func count(_ streams: [Stream]) {
        let span = start..<end
        let least = isJoint ? Self.border : span.length / 2
        let present = streams.map { (stream: $0, during: (isJoint ? $0.open : $0.begun ?? 0..<0).clamped(to: span)) }
            .filter { $0.during.length > least }
        let hit =
            isJoint
            ? present
            : present.filter { entry in
                entry.stream.silentGaps.contains { $0.clamped(to: span).length > least }
            }
        requests = hit.count
        self.streams = Self.most(hit.map(\.during))
        of = Self.most(present.map(\.during))
    }

    /// A request that was open for less of a silence was not in it.
    private static let border: Int64 = 1_000_000

    /// How many ranges hold one instant, at most.
    private static func most(_ ranges: [Range<Int64>]) -> Int {
        var most = 0
        var present = 0
        let changes = ranges.filter { !$0.isEmpty }.flatMap { [($0.lowerBound, 1), ($0.upperBound, -1)] }
        for change in changes.sorted(by: { ($0.0, $0.1) < ($1.0, $1.1) }) {
            present += change.1
            most = max(most, present)
        }
        return most
    }
}

extension Silence.Stream {
    var open: Range<Int64> { opened..<max(opened, closed) }

    /// From its first token to its terminal sign; nil before that.
    var begun: Range<Int64>? { firstToken.map { $0..<max($0, closed) } }

    /// Nanoseconds since t0 that a run can have; others are damage, with which nothing is to be reckoned.
    static func isSound(_ instant: Int64) -> Bool { (0...Int64.max / 4).contains(instant) }

    /// When its tokens came, one behind the other.
    var spoken: [Range<Int64>] {
        // A gap holds neither of the tokens at its ends.
        let between = gaps.filter { $0.length > 1 }.map { $0.lowerBound + 1..<$0.upperBound }
        return Spans.subtract(between, from: span.map { [$0] } ?? [])
    }

    /// From its first token to its last.
    var span: Range<Int64>? { lastToken.map { min(firstToken ?? $0, $0)..<$0 + 1 } }

    /// Long gaps between its tokens, and what came behind the last one.
    var silentGaps: [Range<Int64>] {
        guard let lastToken, closed > lastToken, firstToken != nil else { return gaps }
        return gaps + [lastToken..<closed]
    }
}

/// Sets of instants as ascending ranges that do not touch.
enum Spans {
    static func union(_ ranges: [Range<Int64>]) -> [Range<Int64>] {
        var result: [Range<Int64>] = []
        for range in ranges.filter({ !$0.isEmpty }).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, range.lowerBound <= last.upperBound {
                result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }

    /// A union of ranges that come nearly in order: those of a million streams are a few, and need no list of them all.
    struct Union {
        private var last: [Range<Int64>] = []  // ascending, and they do not touch
        private var before: [Range<Int64>] = []  // that began before the last of those

        mutating func add(_ range: Range<Int64>) {
            guard !range.isEmpty else { return }
            guard let end = last.last, range.lowerBound <= end.upperBound else {
                last.append(range)
                return
            }
            if range.lowerBound < end.lowerBound {
                before.append(range.lowerBound..<Swift.min(range.upperBound, end.lowerBound))
            }
            last[last.count - 1] = end.lowerBound..<Swift.max(end.upperBound, range.upperBound)
        }

        var ranges: [Range<Int64>] { Spans.union(before + last) }
    }

    /// `ranges` without `removed`; both ascending.
    static func subtract(_ removed: [Range<Int64>], from ranges: [Range<Int64>]) -> [Range<Int64>] {
        var result: [Range<Int64>] = []
        var next = 0
        for range in ranges {
            var from = range.lowerBound
            while next < removed.count, removed[next].upperBound <= from { next += 1 }
            var index = next
            while index < removed.count, removed[index].lowerBound < range.upperBound {
                if removed[index].lowerBound > from { result.append(from..<removed[index].lowerBound) }
                from = max(from, removed[index].upperBound)
                index += 1
            }
            if from < range.upperBound { result.append(from..<range.upperBound) }
        }
        return result
    }

    /// Those that share an instant with `span`, of ascending ranges that do not touch.
    static func those(of ranges: [Range<Int64>], within span: Range<Int64>) -> some Sequence<Range<Int64>> {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound > span.lowerBound { high = middle } else { low = middle + 1 }
        }
        return ranges[low...].prefix { $0.lowerBound < span.upperBound }
    }

    /// How much of `span` lies in some ranges that do not touch.
    static func length(_ ranges: [Range<Int64>], in span: Range<Int64>) -> Int64 {
        ranges.reduce(0) { $0 + $1.clamped(to: span).length }
    }
}

extension Range<Int64> {
    var length: Int64 { upperBound - lowerBound }
}
