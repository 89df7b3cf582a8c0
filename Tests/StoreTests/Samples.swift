import Foundation
import Measurement
import Ticks

@testable import Store

/// Records in which every field differs from its default, so that a field that is not stored shows.
enum Samples {
    static var run: RunRecord {
        var run = RunRecord()
        run.id = "0198"
        run.toolVersion = "0.1.0"
        run.profileName = "ramp"
        run.label = "a label, \"quoted\""
        run.metadata = ["commit": "abc", "Straße": "日本"]
        run.seed = .max
        run.scheduleSHA256 = String(repeating: "ab", count: 32)
        run.startedAtUnixNanoseconds = 1_790_000_000_123_456_789
        run.durationNanoseconds = 61_000_000_001
        run.awayNanoseconds = 7_000_000_001
        run.complete = true
        run.interrupted = true
        run.simulated = true
        run.fast = true
        run.stoppedBy = "max_cost"
        run.loops = 2
        run.sloTTFT = 500
        run.sloTPOT = 50.5
        run.sloE2E = 30_000
        run.thresholds = ["ttft.p95 < 500ms", "error_rate < 1%"]
        run.thresholdsConfident = true
        run.warnings = ["one window only"]
        run.selftestStreams = 512
        run.selftestTokensPerSecond = 12_345.5
        run.selftestAge = 86_400
        run.cores = 2
        run.keptRows = .sampled
        run.find = "ttft.p95 < 1s"
        run.findFrom = 1
        run.findTo = 256
        run.workload = "rag"
        run.answers = "answers.jsonl"
        run.calibration = calibration
        return run
    }

    private static var calibration: CalibrationRecord {
        var record = CalibrationRecord()
        record.target = "mine"
        record.requests = 3
        record.inputTokens = 900
        record.outputTokens = 3
        record.dollars = 0.0009
        record.templateTokens = 27
        record.tokensPerWord = 1.25
        record.nonceTokens = 11.5
        record.tokensPerTraceWord = 1
        return record
    }

    static var answer: AnswerRecord { AnswerRecord(sequence: 5, line: #"{"custom_id":"a","x":"\n日本"}"#) }

    static var target: TargetRecord {
        var target = TargetRecord()
        target.id = 3
        target.name = "do/kimi"
        target.provider = "digitalocean"
        target.model = "kimi-k2.6"
        target.api = "openai-chat"
        target.url = "https://example.test/v1"
        target.insecure = true
        target.inputPrice = 0.1
        target.cachedInputPrice = 0.025
        target.outputPrice = 0.4
        target.prices = PriceList([
            .init(model: "m", tiers: ["fast"], prices: .init(input: 0.1, output: 0.4), source: "s")
        ])
        target.tier = AskedTier(name: "fast", words: ["fast", "priority"])
        target.dollarsPerHour = 2.5
        target.gatewayTo = "do/direct"
        var refusal = RefusalRecord(purpose: .wrongModel)
        (refusal.status, refusal.meaning, refusal.words) = (404, "not_found", "no \"such\" model")
        target.refusals = [refusal]
        target.resolveNanoseconds = 12_345_678
        target.addresses = ["192.0.2.1", "2001:db8::1"]
        target.preflightRequests = 2
        target.preflightInputTokens = 31
        target.preflightOutputTokens = 9
        target.preflightGets = 1
        target.process = "llama-server"
        target.processWaited = 1_234
        target.waitedReady = 4_500_000_000
        var limits = RateLimitRecord()
        limits.responses = 4
        limits.retryAfters = 1
        limits.longestRetryAfterSeconds = 2.5
        var limit = RateLimitRecord.Limit(name: "requests", resource: "requests")
        limit.limit = 100
        limit.leastRemaining = 3
        limits.limits = [limit]
        limits.note(3, of: "requests", at: 2_000_000_000)
        target.rateLimits = limits
        target.simulated = true
        target.notes = ["closes the connection after each answer"]
        return target
    }

    static var phase: PhaseRecord {
        var phase = PhaseRecord()
        phase.id = 5
        phase.target = 3
        phase.name = "burst"
        phase.kind = .burst
        phase.requests = 2000
        phase.loop = .open
        phase.window = 2
        phase.beside = 4
        phase.started = 1
        phase.ended = 60_000_000_000
        return phase
    }

    static var step: StepRecord {
        var step = StepRecord()
        step.id = 7
        step.phase = 5
        step.ordinal = 2
        step.kind = .edge
        step.concurrency = 64
        step.burst = 1
        step.block = 3
        step.retryOf = 2
        step.paused = 77
        step.cut = .repeated
        step.gap = 30_000_000_000
        step.rateCurve = "20 ± 10 (sine of 60 s)"
        step.idle = 60_000_000_000
        step.connections = "cold"
        step.warmed = 4
        step.stretch = 2
        step.rps = 20.5
        step.rpsFrom = 1
        step.rpsTo = 40
        step.arrivals = "gamma 0.5"
        step.planned = 6_000_000_000
        step.cap = 7
        step.trace = "azure.csv"
        step.traceFormat = "azure"
        step.traceSpeed = 20
        step.traceRows = 100
        step.traceDue = 90
        step.traceDropped = ["after_limit": "10"]
        step.traceInputTokens = 1000
        step.traceOutputTokens = 2000
        step.overflow = "shed"
        step.saturated = 31_000_000_000
        step.saturationInSystem = 2.5
        step.saturationTTFT = 0.25
        step.release = 5_000_000_001
        step.binWidth = 100_000_000
        step.started = 5_000_000_000
        step.settled = 5_000_000_002
        step.windowEnded = 35_000_000_000
        step.drained = 36_000_000_000
        return step
    }

    static var serverReading: ServerReading {
        var reading = ServerReading()
        reading.target = 3
        reading.source = "http://127.0.0.1:8000/metrics"
        reading.replica = "engine=1"
        reading.at = -5
        reading.took = 34_000_000
        reading.problem = "HTTP 503"
        for (place, fact) in ServerFact.allCases.enumerated() { reading[fact] = Double(place) + 0.5 }
        return reading
    }

    static var request: RequestRecord {
        var request = RequestRecord()
        request.sequence = 41
        request.step = 7
        request.item = 17
        request.rank = 12
        request.conversation = 7
        request.turn = 2
        request.think = 1_500_000_000
        request.measured = true
        request.loop = 1
        request.attempt = 2
        request.scheduled = 5_000_000_001
        request.dispatchLag = 210_000
        request.queued = 3
        request.dns = 1
        request.connect = 2_000_000
        request.tls = 3_000_000
        request.written = 4_000_000
        request.firstByte = 200_000_000
        request.firstEvent = 200_000_001
        request.firstReasoning = 200_000_002
        request.firstToken = 200_000_003
        request.firstVisible = 300_000_000
        request.lastToken = 1_200_000_000
        request.ended = 1_200_000_009
        request.outcome = .okLength
        request.detail = "http_200"
        request.useful = true
        request.httpStatus = 200
        request.finish = "length"
        request.note = "no [DONE]"
        request.error = "slow down, \u{1b}[31mred\u{7}"
        request.connection = .preopened
        request.stamp = .kernel
        request.prompt = 7
        (request.prefix, request.repeatedShare) = (1 << 40, 0.625)
        request.answerHash = -0x1234_5678_9abc
        request.reportedCold = false
        request.askedInputTokens = 500
        request.inputTokens = 512
        request.cachedInputTokens = 128
        request.cacheWrittenTokens = 64
        request.cacheWrittenForHour = 32
        request.servedModel = "kimi-k2.6-0904"
        request.servedTier = "priority"
        request.servedBy = "replica-3"
        request.outputTokens = 256
        request.reasoningTokens = 16
        request.tokenSource = .usage
        request.inputs = 17
        request.vectors = 18
        request.events = 240
        request.tokenEvents = 238
        request.reads = 230
        request.tokenReads = 229
        request.textBytes = 1_024
        request.visibleBytes = 1_000
        request.firstReadTextBytes = 4
        request.hiddenReasoning = true
        request.maxGap = 80_000_000
        request.lateSend = 41
        request.lateFirst = 42
        request.lateLast = 43
        request.lateEnd = 44
        request.lastByte = 1_200_000_008
        request.longGaps = [1, 2, 3]
        request.arrivals = [0, 1, 2, 255, 128]
        return request
    }

    static var bin: BinRecord {
        var bin = BinRecord()
        bin.step = 7
        bin.bin = 51
        bin.loop = 1
        bin.started = 2
        bin.firstTokens = 3
        bin.ended = 4
        bin.unfilledArea = 45
        bin.failed = 5
        bin.tokenEvents = 6
        bin.inFlightArea = 6_400_000_000
        bin.inFlightMax = 64
        return bin
    }

    static var histogram: HistogramRecord {
        var record = HistogramRecord()
        record.step = 7
        record.second = 5
        record.loop = 1
        record.metric = .loopLag
        for value: Int64 in [0, 1, 255, 12_345_678, 9_000_000_000] { record.histogram.record(value) }
        return record
    }

    static var health: HealthRecord {
        var health = HealthRecord()
        health.at = 6_000_000_000
        health.loop = 1
        health.loopCPU = 1
        health.processCPU = 2
        health.residentBytes = 3
        health.descriptors = 4
        health.inFlight = 5
        health.reads = 6
        health.kernelStamps = 7
        health.discardedStamps = 8
        health.connectionsOpened = 9
        health.realtimeOffset = 10
        health.boottimeOffset = 11
        health.listenOverflows = 12
        health.stolen = 1_015
        health.load = 1.5
        health.throttled = 1_016
        health.gatheredReads = 5
        return health
    }

    static var incident: IncidentRecord {
        var incident = IncidentRecord()
        incident.at = 7
        incident.ended = 8
        incident.kind = .silence
        incident.side = .server
        incident.streams = 3
        incident.of = 4
        incident.requests = 5
        incident.attempts = 6
        incident.tokensMissing = 70
        incident.target = 1
        incident.detail = "stepped by 3 s"
        return incident
    }

    /// All of the above as one run.
    static var shard: ShardRecord {
        var shard = ShardRecord()
        (shard.index, shard.count, shard.origin, shard.startAt, shard.late) = (1, 4, "--shard 1/4", 17, 5)
        (shard.host, shard.cpuModel, shard.cores, shard.kernel, shard.bootID) = ("n1", "a CPU", 8, "6.8", "b-1")
        (shard.clockIsSynchronised, shard.clockErrorEstimate, shard.clockErrorBound) = (true, 12, 1300)
        (shard.offsetBefore, shard.offsetBeforeBound) = (-44, 9)
        (shard.offsetAfter, shard.offsetAfterBound) = (-43, 8)
        (shard.firstLoop, shard.loops, shard.requests, shard.successes, shard.outputTokens) = (100_000, 2, 10, 9, 800)
        (shard.ttftP50, shard.ttftP95, shard.e2eP50, shard.cpuPercent) = (1.5, 2.5, 30, 4.25)
        (shard.verdict, shard.reasons, shard.interrupted, shard.stoppedBy) = ("valid", ["none"], true, "max_cost")
        return shard
    }

    static var recorded: RecordedRun {
        var run = RecordedRun()
        run.run = Self.run
        run.targets = [target]
        run.phases = [phase]
        run.steps = [step]
        run.requests = [request]
        run.bins = [bin]
        run.histograms = [histogram]
        run.health = [health]
        run.incidents = [incident]
        run.shards = [shard]
        run.serverReadings = [serverReading]
        return run
    }

    static func batch(_ run: RecordedRun) -> RecordBatch {
        var batch = RecordBatch()
        batch.requests = run.requests
        batch.bins = run.bins
        batch.histograms = run.histograms
        batch.health = run.health
        batch.incidents = run.incidents
        batch.targets = run.targets
        batch.phases = run.phases
        batch.steps = run.steps
        batch.shards = run.shards
        batch.serverReadings = run.serverReadings
        return batch
    }
}

/// A folder that is gone with the test; in memory where that can be had, since every commit waits for the disk.
final class TemporaryFolder {
    let path: String

    init() throws {
        let memory = "/dev/shm"
        let parent =
            FileManager.default.isWritableFile(atPath: memory) ? memory : FileManager.default.temporaryDirectory.path
        path = parent + "/spate-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var file: String { path + "/run.sqlite" }
}
