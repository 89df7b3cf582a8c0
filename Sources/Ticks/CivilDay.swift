/// Days of the Gregorian calendar, counted from 1970-01-01.
public enum CivilDay {
    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil; years from 1 on.
    public static func number(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    public static func count(inMonth month: Int64, of year: Int64) -> Int64 {
        month == 12 ? 31 : number(year, month + 1, 1) - number(year, month, 1)
    }
}
