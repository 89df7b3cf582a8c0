import Testing

@Suite struct RetryDisturbedTests {
    @Test(arguments: [
        (["burst", "--size", "4", "--idle", "1s"], "a burst is about a server that was idle before it"),
        (["batch", "--request-count", "5", "--concurrency", "2"], "each prompt of a job is asked once"),
        (["keepwarm", "--gaps", "1s"], "a keep-warm probe is about the pause before it"),
        (["ramp", "--find", "ttft.p95 < 1s"], "--find decides by itself"),
    ])
    func `where a second try would be another thing it is refused, with the reason`(words: [String], reason: String)
        throws
    {
        let ended = try Spate.run(words + ["--retry-disturbed", "1", "--dry-run"])
        #expect(ended.status == 104, "\(ended.all)")
        #expect(ended.error.contains(reason), "\(ended.all)")
    }

    @Test func `the plan reserves the tries and says so`() throws {
        let words = ["ramp", "--concurrency", "1,2", "--hold", "2s", "--settle", "1s", "--dry-run"]
        let once = try Spate.run(words)
        let again = try Spate.run(words + ["--retry-disturbed", "2"])
        #expect(again.status == 0, "\(again.all)")
        #expect(again.out.contains("measured again at the end of their phase, at most 2 times"), "\(again.out)")
        #expect(once.out != again.out)
    }
}
