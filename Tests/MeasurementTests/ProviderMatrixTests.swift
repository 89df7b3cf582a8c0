import Measurement
import Testing

@Suite struct ProviderMatrixTests {
    private func cell(
        _ provider: String,
        _ model: String,
        ttft: Double?,
        _ interval: (Double?, Double?) = (nil, nil),
        cost: Double? = nil
    ) -> ProviderMatrix.Cell {
        var cell = ProviderMatrix.Cell()
        (cell.provider, cell.model) = (provider, model)
        if let ttft {
            var summary = DistributionSummary()
            summary.p50 = ttft
            summary.p50Interval = ConfidenceInterval(lower: interval.0, upper: interval.1)
            cell.stats.ttftMilliseconds = summary
        }
        if let cost {
            var price = RequestStatistics.Cost(dollars: cost)
            price.dollarsPerUsefulResult = cost
            price.dollarsPerUsefulInterval = ConfidenceInterval(lower: cost * 0.9, upper: cost * 1.1)
            cell.stats.cost = price
        }
        return cell
    }

    @Test func `a ranking that flips from model to model is found where the intervals show it`() throws {
        let matrix = ProviderMatrix(cells: [
            cell("a", "x", ttft: 100, (90, 110)), cell("b", "x", ttft: 200, (180, 220)),
            cell("a", "y", ttft: 500, (450, 550)), cell("b", "y", ttft: 300, (280, 320)),
        ])
        let flip = try #require(matrix.flips.first)
        #expect(matrix.flips.count == 1)
        #expect(flip.metric == "ttft" && flip.providers == ["a", "b"] && flip.models == ["x", "y"])
        #expect(flip.values == [[100, 200], [500, 300]])
    }

    @Test func `medians that change places prove nothing while their intervals touch`() {
        let touching = ProviderMatrix(cells: [
            cell("a", "x", ttft: 100, (90, 110)), cell("b", "x", ttft: 200, (180, 220)),
            cell("a", "y", ttft: 500, (250, 550)), cell("b", "y", ttft: 300, (280, 320)),
        ])
        #expect(touching.flips.isEmpty)
        let open = ProviderMatrix(cells: [
            cell("a", "x", ttft: 100, (90, 110)), cell("b", "x", ttft: 200, (180, 220)),
            cell("a", "y", ttft: 500, (nil, 550)), cell("b", "y", ttft: 300, (280, nil)),
        ])
        #expect(open.flips.isEmpty)
        let missing = ProviderMatrix(cells: [
            cell("a", "x", ttft: 100, (90, 110)), cell("b", "y", ttft: 300, (280, 320)),
        ])
        #expect(missing.flips.isEmpty)
    }

    @Test func `the price of a useful answer may flip as well`() {
        let matrix = ProviderMatrix(cells: [
            cell("a", "x", ttft: nil, cost: 1), cell("b", "x", ttft: nil, cost: 2),
            cell("a", "y", ttft: nil, cost: 4), cell("b", "y", ttft: nil, cost: 3),
        ])
        #expect(matrix.flips.map(\.metric) == ["usd_per_useful_result"])
    }

    @Test func `stored runs are one matrix, each run of the same pair a row of its own`() {
        func run(_ name: String, _ pairs: [(provider: String, model: String)]) -> StoredRun {
            var recorded = RecordedRun()
            for (place, pair) in pairs.enumerated() {
                var target = TargetRecord()
                (target.id, target.name) = (place + 1, "\(pair.provider)/\(pair.model)")
                (target.provider, target.model) = (pair.provider, pair.model)
                recorded.targets.append(target)
            }
            return StoredRun(name: name, recorded: recorded)
        }
        let apart = ProviderMatrix(of: [run("r1", [("a", "x")]), run("r2", [("b", "x"), ("b", "y")])])
        #expect(apart.isWorthwhile && apart.providers == ["a", "b"] && apart.models == ["x", "y"])
        #expect(apart["x", "b"] != nil && apart["y", "a"] == nil)
        let windows = ProviderMatrix(of: [run("r1", [("a", "x"), ("b", "x")]), run("r2", [("a", "x")])])
        #expect(windows.isWorthwhile && windows.providers == ["a, r1", "b", "a, r2"])
        // A change to one server, before and after: the comparison says all.
        #expect(!ProviderMatrix(of: [run("before", [("a", "x")]), run("after", [("a", "x")])]).isWorthwhile)
    }

    @Test(arguments: [
        ("openai-gpt-oss-120b", "gpt-oss-120b"), ("accounts/fireworks/models/gpt-oss-120b", "gpt-oss-120b"),
        ("openai/gpt-oss-120b", "gpt-oss-120b"), ("gpt-oss-120b", "gpt-oss-120b"),
        ("accounts/fireworks/models/kimi-k2p6", "kimi-k2.6"), ("moonshotai/Kimi-K2.6", "kimi-k2.6"),
        ("kimi-k2.6", "kimi-k2.6"),
        ("llama-v3p1-8b-instruct", "llama-v3.1-8b-instruct"), ("gpt-4.1-mini", "gpt-4.1-mini"),
        ("deepseek-v3p2", "deepseek-v3.2"),
    ])
    func `what providers call differently has one name`(model: String, family: String) {
        #expect(ProviderMatrix.family(model) == family)
    }

    @Test func `a bare address is named by its host, and one target makes no matrix`() {
        var target = TargetResult()
        target.provider = "openai-compatible"
        target.model = "m"
        target.url = "http://10.0.0.1:8000/v1"
        #expect(ProviderMatrix(of: [target]).providers == ["10.0.0.1:8000"])
        #expect(!ProviderMatrix(of: [target]).isWorthwhile)
        var other = target
        other.url = "http://10.0.0.2:8000/v1"
        #expect(ProviderMatrix(of: [target, other]).isWorthwhile)
        #expect(!ProviderMatrix(of: [target, target]).isWorthwhile)
        (target.name, other.name, other.url) = ("one", "two", target.url)
        #expect(ProviderMatrix(of: [target, other]).providers == ["one", "two"])
    }
}
