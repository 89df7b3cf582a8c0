import Testing

@testable import Report

@Suite struct FigureTests {
    private func plain(_ text: String) -> String { text.replacing("\u{A0}", with: " ") }

    @Test(arguments: [
        (0.0, "0 ms"), (0.0000004, "0 ns"), (0.000412, "412 ns"), (0.001, "1.0 µs"), (0.0062, "6.2 µs"),
        (0.0434, "43.4 µs"), (0.0994, "99.4 µs"), (0.0996, "0.10 ms"), (0.421, "0.42 ms"), (9.994, "9.99 ms"),
        (9.996, "10.0 ms"), (45.34, "45.3 ms"), (99.96, "100 ms"), (210.4, "210 ms"), (999.4, "999 ms"),
        (999.6, "1.00 s"), (1900, "1.90 s"), (11_000, "11.0 s"), (59_949, "59.9 s"), (59_951, "1 min"),
        (65_000, "1 min 5 s"), (125_499, "2 min 5 s"), (3_600_000, "1 h"), (11_400_000, "3 h 10 min"),
        (187_200_000, "2 d 4 h"), (-210, "-210 ms"),
    ])
    func `a time has three figures and the unit that suits it`(milliseconds: Double, text: String) {
        #expect(plain(Figure.duration(milliseconds: milliseconds)) == text)
    }

    @Test(arguments: [
        (0.0, "0"), (0.004, "<0.01"), (0.416, "0.42"), (8.041, "8.04"), (48.06, "48.1"), (371.44, "371.4"),
        (999.94, "999.9"), (999.96, "1,000"), (12_345.4, "12,345"), (1_234_567.8, "1,234,568"), (-48.06, "-48.1"),
    ])
    func `a rate has decimals below a thousand and commas above`(value: Double, text: String) {
        #expect(Figure.rate(value) == text)
    }

    @Test(arguments: [
        (0.0, "0 %"), (0.00002, "<0.01 %"), (0.0042, "0.42 %"), (0.00994, "0.99 %"), (0.053, "5.3 %"), (0.522, "52 %"),
        (0.9047, "90.5 %"), (0.9946, "99.5 %"), (0.99961, "99.96 %"), (0.99999, ">99.99 %"), (1, "100 %"),
        (1.04, "104 %"), (-0.053, "-5.3 %"),
    ])
    func `a share says 100 % only when it is all and 0 % only when it is nothing`(share: Double, text: String) {
        #expect(plain(Figure.percent(share: share)) == text)
    }

    @Test(arguments: [(0.0, "0 %"), (0.3, "<1 %"), (5.6, "6 %"), (44.2, "44 %"), (866, "866 %"), (1234.5, "1,235 %")])
    func `a whole percent that is not nothing does not say so`(percent: Double, text: String) {
        #expect(plain(Figure.wholePercent(percent)) == text)
    }

    @Test(arguments: [
        (0.0, "$0.00"), (0.000012, "$0.000012"), (0.00123, "$0.0012"), (0.0123, "$0.012"), (0.12, "$0.12"),
        (1234.5, "$1,234.50"), (-0.12, "-$0.12"),
    ])
    func `money has two decimals, or two figures below ten cents`(value: Double, text: String) {
        #expect(Figure.dollars(value) == text)
    }

    @Test func `what is not known is a dash, never a zero`() {
        for text in [
            Figure.duration(milliseconds: nil), Figure.duration(milliseconds: .nan), Figure.clock(seconds: .infinity),
            Figure.rate(nil), Figure.rate(.infinity), Figure.percent(share: nil), Figure.wholePercent(.nan),
            Figure.dollars(nil), Figure.plain(nil),
        ] {
            #expect(text == "–")
        }
    }

    @Test func `counts have commas at the thousands`() {
        #expect(Figure.count(0) == "0")
        #expect(Figure.count(999) == "999")
        #expect(Figure.count(1000) == "1,000")
        #expect(Figure.count(12_345_678) == "12,345,678")
        #expect(Figure.count(Int64.min) == "-9,223,372,036,854,775,808")
        #expect(Figure.count(UInt64.max) == "18,446,744,073,709,551,615")
    }

    @Test func `an interval with an open end says which end is known`() {
        #expect(Figure.interval(1, 2, Figure.plain) == "1.00 to 2.00")
        #expect(Figure.interval(1, nil, Figure.plain) == "1.00 or more")
        #expect(Figure.interval(nil, 2, Figure.plain) == "2.00 or less")
        #expect(Figure.interval(nil, nil, Figure.plain) == nil)
    }

    @Test func `fixed decimals are rounded, padded and without a negative zero`() {
        #expect(Figure.fixed(1.005, 1) == "1.0")
        #expect(Figure.fixed(0.05, 3) == "0.050")
        #expect(Figure.fixed(-0.001, 2) == "0.00")
        #expect(Figure.fixed(-1.25, 1) == "-1.3")
        #expect(Figure.fixed(1e300, 2) == "1e+300")
    }
}
