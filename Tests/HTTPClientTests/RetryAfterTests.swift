import Testing

@testable import HTTPClient

@Suite struct RetryAfterTests {
    /// 1994-11-06 08:49:37 UTC.
    private static let moment: Int64 = 784_111_777

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ])
    func isADate(_ text: String) {
        #expect(HTTPHeaders.retryAfter(text, now: Self.moment - 90) == .seconds(90))
        #expect(HTTPHeaders.retryAfter(text, now: Self.moment + 90) == .seconds(0))
    }

    @Test(arguments: [("120", 120), (" 0", 0)] as [(String, Int64)])
    func isANumberOfSeconds(_ text: String, _ seconds: Int64) {
        #expect(HTTPHeaders.retryAfter(text, now: Self.moment) == .seconds(seconds))
    }

    @Test(arguments: ["99999999999999999999", "9223372036854775807", "Tue, 19 Jan 2038 03:14:07 GMT"])
    func isAYearAtMost(_ text: String) {
        #expect(HTTPHeaders.retryAfter(text, now: Self.moment) == .seconds(366 * 24 * 3600))
    }

    @Test(arguments: ["", "soon", "-5", "12.5", "1e3", "5, 10", "Sun, 99 Nov 1994 08:49:37 GMT"])
    func isNothing(_ text: String) {
        #expect(HTTPHeaders.retryAfter(text, now: Self.moment) == nil)
    }
}
