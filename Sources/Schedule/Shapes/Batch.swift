public import Ticks

extension PhaseShape {
    /// A fixed job: each of the first `requests` prompts once, so many at a time.
    public struct Batch: LoadShape {
        public var requests: Int
        public var concurrency: Int
        public var keepsAnswers = false

        public init(requests: Int, concurrency: Int) {
            self.requests = requests
            self.concurrency = concurrency
        }

        public static let kind = PhaseKind.batch
        public var shape: PhaseShape { .batch(self) }

        public func stages(grace: Duration, seed: UInt64) -> [Stage] {
            var job = ClosedLoad(concurrency, .items(JobItems(count: requests)))
            job.keepsAnswers = keepsAnswers
            return [Stage(.batch, .closed(job), grace: grace), .drain(grace: grace)]
        }

        public func fast(by factor: Int) -> Batch { self }
    }
}
