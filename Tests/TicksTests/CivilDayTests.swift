import Testing
import Ticks

@Suite struct CivilDayTests {
    @Test(arguments: [
        (1970, 1, 1, 0), (1970, 12, 31, 364), (1972, 2, 29, 789), (1972, 3, 1, 790), (2000, 2, 29, 11_016),
        (2023, 11, 16, 19_677), (2100, 3, 1, 47_541),
    ])
    func `days are counted from 1970`(year: Int64, month: Int64, day: Int64, number: Int64) {
        #expect(CivilDay.number(year, month, day) == number)
    }

    @Test func `a month has the days of the calendar`() {
        #expect(
            (1...12).map { CivilDay.count(inMonth: $0, of: 2025) } == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        )
        #expect([2000, 2024, 2100].map { CivilDay.count(inMonth: 2, of: $0) } == [29, 29, 28])
    }
}
