import Testing

@testable import Transport

@Suite struct ThrottledTests {
    @Test func `the time that a CPU limit held threads back is read from cpu.stat`() {
        let text = "usage_usec 9\nnr_throttled 2\nthrottled_usec 1234\n"
        #expect(ProcessResources.throttled(ofStatistics: text) == 1_234_000)
        #expect(ProcessResources.throttled(ofStatistics: "usage_usec 9\n") == nil)
        #expect(ProcessResources.throttled(ofStatistics: "throttled_usec 9999999999999999999\n") == nil)
    }

    @Test func `the machine's own counters can be read here`() throws {
        #expect((try #require(ProcessResources.machineCPU())) > 0)
        #expect((try #require(ProcessResources.loadAverage())) >= 0)
    }
}
