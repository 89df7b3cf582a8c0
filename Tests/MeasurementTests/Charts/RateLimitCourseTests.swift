import Foundation
import Testing
import Ticks

@testable import Measurement

@Suite struct RateLimitCourseTests {
    private func second(_ value: Double) -> Int64 { Int64(value * 1e9) }

    @Test func `each stretch has the least that was left in it, and none where nobody told`() {
        var course = RateLimitCourse()
        for (at, left) in [(0.01, 9), (0.09, 7), (0.35, 8), (0.36, 8)] { course.note(Int64(left), at: second(at)) }
        #expect(course.width == 125_000_000 && course.left == [7, nil, 8])
    }

    @Test func `a long run has as few stretches as a short one, and the least of each stays`() {
        var course = RateLimitCourse()
        for at in 0..<10_000 as Range<Int64> { course.note(at == 4321 ? 1 : 100 + at % 7, at: second(Double(at))) }
        #expect(course.width == 64_000_000_000 && course.left.count == 157)  // 125 ms doubled nine times
        #expect(course.left[67] == 1)  // 4,288 s to 4,352 s
        #expect(course.left.count { $0 == 100 } == 156)
    }

    @Test(arguments: [Int64.max, .min, -1])
    func `an instant that no run has takes no more room`(instant: Int64) {
        var course = RateLimitCourse()
        course.note(5, at: 0)
        course.note(3, at: instant)
        #expect(course.left.count <= RateLimitCourse.most && course.left.compactMap(\.self).min() == 3)
    }

    @Test func `what two loops saw is put together, whichever saw more of the run`() {
        var (short, long) = (RateLimitCourse(), RateLimitCourse())
        short.note(5, at: second(0.15))
        for at in 0..<300 as Range<Int64> { long.note(50, at: at * 125_000_000) }
        var (one, other) = (short, long)
        one.merge(long)
        other.merge(short)
        #expect(one == other && one.width == 250_000_000 && one.left[0] == 5 && one.left[1] == 50)
        #expect(one.left.count == 150)
    }

    @Test(arguments: [
        #"{"doublings":-1,"left":[1]}"#, #"{"doublings":64,"left":[1]}"#,
        "{\"doublings\":0,\"left\":[\(Array(repeating: "1", count: 257).joined(separator: ","))]}",
    ])
    func `a damaged one is empty`(text: String) throws {
        let course = try JSONDecoder().decode(RateLimitCourse.self, from: Data(text.utf8))
        #expect(course == RateLimitCourse())
    }

    @Test func `it comes back from its file as it was`() throws {
        var course = RateLimitCourse()
        for at in 0..<900 as Range<Int64> { course.note(at % 11, at: at * 77_000_000) }
        #expect(try JSONDecoder().decode(RateLimitCourse.self, from: JSONEncoder().encode(course)) == course)
    }

    @Test func `a record of before has no course, and another loop's may bring one`() throws {
        let old =
            #"{"limits":[{"name":"requests","resource":"requests","limit":9}],"responses":1,"lastSeen":5,"retryAfters":0}"#
        var record = try JSONDecoder().decode(RateLimitRecord.self, from: Data(old.utf8))
        #expect(record.limits[0].course == nil)
        var other = RateLimitRecord()
        other.merge(RateLimitRecord.Limit(name: "requests", resource: "requests"), isLater: true)
        other.note(4, of: "requests", at: second(1))
        record.merge(other)
        #expect(record.limits.count == 1 && record.limits[0].course?.left.last == 4)
    }

    /// A server may make up a limit with each answer.
    @Test func `there are never more limits than a server has`() {
        var record = RateLimitRecord()
        for number in 0..<1000 {
            let name = "made-up-\(number)"
            record.merge(RateLimitRecord.Limit(name: name, resource: "other"), isLater: true)
            record.note(1, of: name, at: 0)
        }
        var other = RateLimitRecord()
        other.merge(RateLimitRecord.Limit(name: "another", resource: "other"), isLater: true)
        record.merge(other)
        #expect(record.limits.count == RateLimitRecord.mostLimits && record.limits[0].name == "made-up-0")
    }

    @Test func `a limit is drawn by what was left of it, on the run's axis`() throws {
        var record = RateLimitRecord()
        var limit = RateLimitRecord.Limit(name: "requests", resource: "requests")
        limit.limit = 200
        record.merge(limit, isLater: true)
        record.merge(RateLimitRecord.Limit(name: "tokens", resource: "tokens"), isLater: true)
        for at in 0..<60 as Range<Int64> { record.note(200 - 2 * at, of: "requests", at: second(Double(at))) }
        let axis = TimeAxis(nanoseconds: second(60))
        let charts = RateLimitChart.all(of: record, axis)
        // Of tokens nobody said what was left.
        #expect(charts.map(\.name) == ["requests"] && charts[0].allowed == 200)
        #expect(charts[0].left.count == 60 && charts[0].left[30] == 140 && charts[0].left.last == 82)
        #expect(RateLimitChart.all(of: nil, axis).isEmpty)
    }

    @Test func `stretches wider than a bin fill all bins they reach over, narrower ones give the least of theirs`() {
        var limit = RateLimitRecord.Limit(name: "requests", resource: "requests")
        var course = RateLimitCourse()
        for (at, left) in [(0.05, 9), (0.15, 4), (1.05, 7)] { course.note(Int64(left), at: second(at)) }
        limit.course = course
        let wide = RateLimitChart(limit, TimeAxis(nanoseconds: second(60)))  // bins of 1 s
        #expect(wide?.left.prefix(3) == [4, 7, nil])
        for at in 2..<100 as Range<Int64> { course.note(20, at: second(Double(at))) }
        limit.course = course  // now stretches of 500 ms
        let narrow = RateLimitChart(limit, TimeAxis(nanoseconds: second(5)))  // bins of 100 ms
        #expect(narrow?.left.prefix(6) == [4, 4, 4, 4, 4, nil])
    }

    @Test func `of many limits the tightest are drawn, in the order of the server`() {
        var record = RateLimitRecord()
        for number in 0..<12 {
            var limit = RateLimitRecord.Limit(name: "\(number)", resource: "other")
            limit.limit = 100
            record.merge(limit, isLater: true)
            record.note(Int64(100 - 5 * number), of: "\(number)", at: 0)
        }
        let charts = RateLimitChart.all(of: record, TimeAxis(nanoseconds: second(3)))
        #expect(charts.map(\.name) == (4..<12).map { "\($0)" })
    }
}
