import Testing

@testable import Transport

@Suite struct ProcessResourcesTests {
    @Test func `the time that a CPU limit held threads back is read from cpu.stat`() {
        let text = "usage_usec 9\nnr_throttled 2\nthrottled_usec 1234\n"
        #expect(ProcessResources.throttled(ofStatistics: text) == 1_234_000)
        #expect(ProcessResources.throttled(ofStatistics: "usage_usec 9\n") == nil)
        #expect(ProcessResources.throttled(ofStatistics: "throttled_usec 9999999999999999999\n") == nil)
    }

    @Test func `free memory is what is available, with swap, and what a control group leaves`() {
        let machine = "MemTotal:       24000000 kB\nMemFree:  9 kB\nMemAvailable:    5000000 kB\nSwapFree:  1000 kB\n"
        #expect(ProcessResources.free(ofMachine: machine) == 5_121_024_000)
        #expect(ProcessResources.free(ofMachine: "MemTotal: 5 kB\n") == nil)
        let files = "anon 500\ninactive_file 200\nactive_file 100\n"
        #expect(ProcessResources.free(most: "1000\n", used: "900\n", statistics: files) == 400)
        #expect(ProcessResources.free(most: "1000\n", used: "2000\n", statistics: "") == 0)
        #expect(ProcessResources.free(most: "max\n", used: "900\n", statistics: files) == nil)
    }

    @Test func `the machine's own counters can be read here`() throws {
        #expect((try #require(ProcessResources.machineCPU())) > 0)
        #expect((try #require(ProcessResources.loadAverage())) >= 0)
        #expect((try #require(ProcessResources.freeMemory())) > 0)
    }
}
