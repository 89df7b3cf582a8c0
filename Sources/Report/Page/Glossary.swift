import Measurement

/// What the terms of the page mean: the contract's definitions in short. The script shows them behind each "?".
enum Glossary {
    struct Term: Sendable {
        var key: String
        var name: String
        var meaning: String

        init(key: String, name: String, meaning: String) {
            (self.key, self.name, self.meaning) = (key, name, meaning)
        }

        /// A figure of the catalogue, in its words.
        init(key: String, _ figure: CatalogueFigure) {
            self.init(key: key, name: figure.words?.name ?? figure.key, meaning: figure.words?.meaning ?? "")
        }
    }

    static let terms: [Term] = [
        Term(
            key: "streams",
            name: "Streams",
            meaning:
                "Requests in flight at the same time, as asked for. Each request that ends makes room for the next."
        ),
        Term(key: "throughput", .outputTokensPerSecond),
        Term(key: "user", .requestTPS),
        Term(key: "ttft", .ttft),
        Term(key: "itl", .itl),
        Term(key: "tpot", .tpot),
        Term(key: "e2e", .e2e),
        Term(
            key: "percentile",
            name: "Percentiles",
            meaning:
                "Nearest rank: p95 is the smallest value that 95 % of the requests do not exceed. Shaded bands and bars "
                + "are 95 % intervals from order statistics; where a sample is too small to bound one, the band is open."
        ),
        Term(
            key: "knee",
            name: "Knee",
            meaning:
                "The largest tested level up to which each added stream still brings at least half of what the first ones "
                + "did, and TTFT p95 is at most twice that of the lowest level. The bracket runs to the next level."
        ),
        Term(
            key: "fit",
            name: "Fitted curve",
            meaning:
                "The Universal Scalability Law through the measured points. It is dashed because it is a model, not a "
                + "measurement."
        ),
        Term(
            key: "promise",
            name: "Service level",
            meaning:
                "The time to first token that you want to keep. The answer names the largest tested level that keeps it, "
                + "with all levels below; what lies between two levels is interpolated and says so."
        ),
        Term(
            key: "disturbed",
            name: "Disturbed",
            meaning: "The load generator's own lateness may have shaped this point: it is drawn hollow."
        ),
        Term(
            key: "cold",
            name: "Cold and warm",
            meaning:
                "A cold request waited for a machine to start. The warm control is the same burst again, right after it, "
                + "on the server that then runs."
        ),
        Term(
            key: "inflight",
            name: "In flight",
            meaning:
                "Requests sent and not yet ended, as a mean over each bin of time; beside it what the profile asked for."
        ),
        Term(
            key: "ecdf",
            name: "Distribution",
            meaning:
                "For each time the share of requests that took no longer. A steep curve is a steady server, a step far to "
                + "the right a second population."
        ),
        Term(
            key: "sample",
            name: "Requests shown",
            meaning:
                "The slowest requests, a random sample drawn with the run's seed, and some that failed. All are in "
                + "run.sqlite, table requests."
        ),
        Term(
            key: "turns",
            name: "What a turn sends",
            meaning:
                "Input tokens of a turn's requests, the median. Each turn sends the conversation so far again; what the server "
                + "says it had cached is dashed."
        ),
        Term(
            key: "cost",
            name: "A useful answer",
            meaning:
                "The dollars of all attempts divided by the answers that can be used: complete, with visible text or a tool "
                + "call. Failed attempts and reasoning are paid for too."
        ),
        Term(
            key: "generator",
            name: "The load generator",
            meaning:
                "How busy its busiest thread was, how late it woke up, and how long received bytes lay before they were "
                + "read (99 of 100 no longer)."
        ),
        Term(
            key: "ratio",
            name: "Ratio",
            meaning:
                "The figure of a side divided by that of the base, with its 95 % interval. The verdict is corrected for "
                + "the number of comparisons (Holm)."
        ),
    ]

    static var html: String {
        "<dl class=\"terms\">"
            + terms.map { term in
                "<dt id=\"term-\(term.key)\">\(HTMLText.escaped(term.name))</dt><dd>\(HTMLText.escaped(term.meaning))</dd>"
            }.joined(separator: "\n") + "</dl>\n"
    }
}
