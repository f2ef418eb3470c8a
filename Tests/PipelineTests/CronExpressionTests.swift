import Contracts
import Testing

@testable import Pipeline

/// When schedules come, by the clocks of their zones.
@Suite struct CronExpressionTests {
    /// An expression, its zone, a moment, and when it comes after that.
    struct Case: Sendable, CustomTestStringConvertible {
        var expression, zone, after: String
        var moments: [String]

        init(_ expression: String, _ zone: String = "UTC", after: String, _ moments: String...) {
            (self.expression, self.zone, self.after, self.moments) = (expression, zone, after, moments)
        }

        var testDescription: String { "\(expression) in \(zone) after \(after)" }

        func check() throws {
            let rules = try TimeZones().rules(of: zone)
            let expression = try CronExpression(expression)
            var moment = try #require(Timestamp(rfc3339: after)).milliseconds / 1000
            for expected in moments {
                moment = try #require(expression.next(after: moment, zone: rules))
                let found = Timestamp(milliseconds: moment * 1000).description
                #expect(found == expected.replacing("Z", with: ":00.000Z"))
            }
        }
    }

    @Test(arguments: [
        Case("* * * * *", after: "2026-11-27T18:04:30Z", "2026-11-27T18:05Z", "2026-11-27T18:06Z"),
        Case(
            "5/20 * * * *", after: "2026-11-27T18:05:00Z", "2026-11-27T18:25Z", "2026-11-27T18:45Z", "2026-11-27T19:05Z"
        ),
        Case("30 3 * * *", after: "2026-12-31T03:30:00Z", "2027-01-01T03:30Z", "2027-01-02T03:30Z"),
        Case("0 9 * * MON-fri", after: "2026-11-27T09:00:00Z", "2026-11-30T09:00Z", "2026-12-01T09:00Z"),
        Case(
            "0 9 * * sat-sun", after: "2026-11-27T10:00:00Z", "2026-11-28T09:00Z", "2026-11-29T09:00Z",
            "2026-12-05T09:00Z"),
        Case(
            "0 9 * * 5-7", after: "2026-11-27T10:00:00Z", "2026-11-28T09:00Z", "2026-11-29T09:00Z", "2026-12-04T09:00Z"),
        Case("@weekly", after: "2026-11-27T10:00:00Z", "2026-11-29T00:00Z", "2026-12-06T00:00Z"),
        Case("@Hourly", after: "2026-11-27T10:00:00Z", "2026-11-27T11:00Z"),
        Case("0 0 1 */3 *", after: "2026-11-27T10:00:00Z", "2027-01-01T00:00Z", "2027-04-01T00:00Z"),
        Case(
            "0 0 31 * *", after: "2026-11-27T10:00:00Z", "2026-12-31T00:00Z", "2027-01-31T00:00Z", "2027-03-31T00:00Z"),
        // Both days are restricted: either does. Neither is where one begins with an asterisk.
        Case(
            "0 0 13 * fri", after: "2026-12-05T00:00:00Z", "2026-12-11T00:00Z", "2026-12-13T00:00Z", "2026-12-18T00:00Z"
        ),
        Case("0 0 */2 * mon", after: "2026-11-27T00:00:00Z", "2026-12-07T00:00Z", "2026-12-21T00:00Z"),
        Case("0 0 29 2 *", after: "2026-01-01T00:00:00Z", "2028-02-29T00:00Z", "2032-02-29T00:00Z"),
        Case("* * 29 feb *", after: "2026-01-01T00:00:00Z", "2028-02-29T00:00Z", "2028-02-29T00:01Z"),
        // 2100 is no leap year.
        Case("0 0 29 2 *", after: "2096-03-01T00:00:00Z", "2104-02-29T00:00Z"),
    ])
    func `Each field says when`(example: Case) throws { try example.check() }

    /// The clocks go from 02:00 to 03:00 on 2026-03-29 in Berlin and on 2026-03-08 in New York, and from 02:00 to 02:30 on
    /// 2026-10-04 on Lord Howe Island. Samoa had no 2011-12-30.
    @Test(arguments: [
        Case("30 2 * * *", "Europe/Berlin", after: "2026-03-28T02:00:00Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"),
        Case(
            "15,30,45 2 * * *", "Europe/Berlin", after: "2026-03-28T12:00:00Z", "2026-03-29T01:00Z", "2026-03-30T00:15Z"
        ),
        Case("0 2,3 * * *", "Europe/Berlin", after: "2026-03-28T12:00:00Z", "2026-03-29T01:00Z", "2026-03-30T00:00Z"),
        Case("*/20 2 * * *", "Europe/Berlin", after: "2026-03-28T12:00:00Z", "2026-03-29T01:00Z", "2026-03-30T00:00Z"),
        Case("30 2 * * *", "America/New_York", after: "2026-03-07T12:00:00Z", "2026-03-08T07:00Z", "2026-03-09T06:30Z"),
        Case(
            "15 2 * * *", "Australia/Lord_Howe", after: "2026-10-03T00:00:00Z", "2026-10-03T15:30Z", "2026-10-04T15:15Z"
        ),
        Case("0 12 30 12 *", "Pacific/Apia", after: "2011-12-01T00:00:00Z", "2011-12-30T10:00Z", "2012-12-29T22:00Z"),
    ])
    func `A time that the clocks skip comes once, when they go on`(example: Case) throws { try example.check() }

    /// The clocks go from 03:00 back to 02:00 on 2026-10-25 in Berlin, from 02:00 to 01:00 on 2026-11-01 in New York, and
    /// from 02:00 to 01:30 on 2026-04-05 on Lord Howe Island.
    @Test(arguments: [
        Case("30 2 * * *", "Europe/Berlin", after: "2026-10-24T12:00:00Z", "2026-10-25T00:30Z", "2026-10-26T01:30Z"),
        // Between the two it is not due again.
        Case("30 2 * * *", "Europe/Berlin", after: "2026-10-25T00:45:00Z", "2026-10-26T01:30Z"),
        Case("0 2,3 * * *", "Europe/Berlin", after: "2026-10-24T12:00:00Z", "2026-10-25T00:00Z", "2026-10-25T02:00Z"),
        Case("30 1 * * *", "America/New_York", after: "2026-10-31T12:00:00Z", "2026-11-01T05:30Z", "2026-11-02T06:30Z"),
        Case(
            "45 1 * * *", "Australia/Lord_Howe", after: "2026-04-04T00:00:00Z", "2026-04-04T14:45Z", "2026-04-05T15:15Z"
        ),
    ])
    func `A time that the clocks show twice comes the first time`(example: Case) throws { try example.check() }

    @Test(arguments: [
        Case(
            "30 * * * *", "Europe/Berlin", after: "2026-03-29T00:00:00Z", "2026-03-29T00:30Z", "2026-03-29T01:30Z",
            "2026-03-29T02:30Z"),
        Case(
            "30 * * * *", "Europe/Berlin", after: "2026-10-25T00:00:00Z", "2026-10-25T00:30Z", "2026-10-25T01:30Z",
            "2026-10-25T02:30Z"),
        Case("0 */2 * * *", "Europe/Berlin", after: "2026-03-28T23:30:00Z", "2026-03-29T02:00Z", "2026-03-29T04:00Z"),
        Case(
            "*/30 * * * *", "Australia/Lord_Howe", after: "2026-04-04T14:15:00Z", "2026-04-04T14:30Z",
            "2026-04-04T15:00Z", "2026-04-04T15:30Z"),
        // Far off, and after a change.
        Case("0 * 29 3 *", "Europe/Berlin", after: "2025-04-01T00:00:00Z", "2026-03-28T23:00Z", "2026-03-29T00:00Z"),
    ])
    func `Where the hours are a wildcard every one that the clocks show comes`(example: Case) throws {
        try example.check()
    }

    @Test(arguments: [
        ("60 * * * *", "the minute “60” is not valid: it takes 0 to 59, such as 5, 1-5, 1,3 or */2"),
        ("1,61 * * * *", "the minute “61” of “1,61” is not valid"), ("*/0 * * * *", "the minute “*/0” is not valid"),
        ("5-1 * * * *", "the minute “5-1” is not valid"), ("1- * * * *", "the minute “1-” is not valid"),
        ("-1 * * * *", "the minute “-1” is not valid"), ("1,,2 * * * *", "the minute “” of “1,,2” is not valid"),
        ("+5 * * * *", "the minute “+5” is not valid"), ("1/2/3 * * * *", "the minute “1/2/3” is not valid"),
        ("* 24 * * *", "the hour “24” is not valid: it takes 0 to 23"),
        ("* * 0 * *", "the day of the month “0” is not valid: it takes 1 to 31"),
        ("* * L * *", "the day of the month “L” is not valid"),
        ("* * * 13 *", "the month “13” is not valid: it takes 1 to 12 or jan to dec"),
        ("* * * * 8", "the day of the week “8” is not valid: it takes 0 to 7 or sun to sat"),
        ("0 0 30 2 *", "“0 0 30 2 *” never comes: no month of “2” has a day “30”"),
        ("0 0 31 4,jun *", "never comes"), ("* * * *", "“* * * *” has 4 fields, and a schedule has five"),
        ("0 0 3 * * *", "has 6 fields, and a schedule has five"),
        ("0 0 3 * * *", "if the first is the second, leave it out: 0 3 * * *"),
        ("", "has 0 fields"), ("daily", "has 1 field,"),
        ("@every 1h", "“@every 1h” is not known: there are @annually, @daily"),
        ("99999999999999999999 * * * *", "the minute “99999999999999999999” is not valid"),
        // Hours have no 90 minutes.
        ("*/90 * * * *", "the minute “*/90” is not valid"), ("*/+5 * * * *", "the minute “*/+5” is not valid"),
        ("\u{0665} * * * *", "is not valid"), ("*\u{0} * * * *", "is not valid"),
        ("? * * * *", "the minute “?” is not valid"),
        (String(repeating: "1,", count: 101) + "1 * * * *", "the expression has 211 bytes: 200 at most"),
    ])
    func `What is no schedule is refused by the field and what it says`(text: String, problem: String) {
        let error = #expect(throws: CronExpression.Malformed.self) { try CronExpression(text) }
        #expect(error?.text.contains(problem) == true, "\(error?.text ?? "")")
    }
}
