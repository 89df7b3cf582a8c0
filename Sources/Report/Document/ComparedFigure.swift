import Measurement

/// How a figure of a comparison is called, shown and explained.
struct ComparedFigure {
    var title: String
    var meaning: String
    var text: (Double?) -> String

    init(_ figure: String) {
        switch figure {
        case "output_tokens_per_second":
            self.init(figure, "text that all streams together get, in tokens a second", Figure.rate)
        case "output_bytes_per_second":
            self.init(figure, "text that all streams together get, in bytes a second", Figure.rate)
        case "makespan":
            self.init(
                figure,
                "time from the first request of the job to its last answer",
                Figure.duration(seconds:)
            )
        case "steady_tps":
            self.init(figure, "tokens a second while all slots of the job were busy", Figure.rate)
        case "tail_share":
            self.init(figure, "slots' time lost while the last answers were waited for", Figure.percent(share:))
        case "usd": self.init(figure, "dollars for all of its requests", Figure.dollars)
        case "ttft.p50":
            self.init(figure, "wait for the first token that half of the requests stay below", Self.milliseconds)
        case "ttft.p95":
            self.init(figure, "wait for the first token that 95 of 100 requests stay below", Self.milliseconds)
        case "ttft.cv_percent":
            self.init(figure, "how unevenly that wait comes, in percent of its mean", Figure.percent(_:))
        case "e2e.p95":
            self.init(figure, "wait for the last token that 95 of 100 requests stay below", Self.milliseconds)
        case "request_tps.p50":
            self.init(figure, "tokens a second that a single request gets, waiting included", Figure.rate)
        case "request_bytes_per_second.p50":
            self.init(figure, "bytes a second that a single request gets, waiting included", Figure.rate)
        case "availability":
            self.init(figure, "share of requests that were answered", Figure.percent(share:))
        case "useful_share":
            self.init(figure, "share of requests whose answer can be used", Figure.percent(share:))
        case "usd_per_useful_result":
            self.init(figure, "dollars for each answer that can be used, failed ones paid too", Figure.dollars)
        case "cold_penalty":
            self.init(
                figure,
                "what a burst after idle waits longer than one on the warm server",
                Self.milliseconds
            )
        case "time_to_recover":
            self.init(
                figure,
                "time from the burst until answers come as on the warm server",
                Figure.duration(seconds:)
            )
        default: self.init(figure, "", Figure.plain)
        }
    }

    private init(_ figure: String, _ meaning: String, _ text: @escaping (Double?) -> String) {
        title = SafeText.line(ComparisonResult.title(of: figure), limit: 30)
        (self.meaning, self.text) = (meaning, text)
    }

    private static func milliseconds(_ value: Double?) -> String { Figure.duration(milliseconds: value) }
}
