import Contracts
import Foundation
import Testing

@Suite("Timestamp")
struct TimestampTests {
    @Test("is the same after a round trip, to the millisecond")
    func roundTrip() throws {
        for milliseconds in stride(from: Int64(-62_000_000_000_000), through: 9_000_000_000_000, by: 7_777_777_777) {
            let moment = Timestamp(milliseconds: milliseconds)
            #expect(Timestamp(rfc3339: moment.description) == moment)
        }
    }

    @Test(
        "is RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_795_487_018_120, "2026-11-24T02:23:38.120Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
        ] as [(Int64, String)])
    func description(_ milliseconds: Int64, _ text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test(
        "reads what others write",
        arguments: [
            "2026-11-24T02:23:38Z", "2026-11-24T02:23:38.0Z", "2026-11-24T02:23:38.000000001Z",
            "2026-11-24T03:53:38+01:30", "2026-11-23T21:23:38-05:00", "2026-11-24t02:23:38z",
        ])
    func variants(_ text: String) {
        #expect(Timestamp(rfc3339: text)?.milliseconds == 1_795_487_018_000)
    }

    @Test(
        "refuses what is no time",
        arguments: [
            "", "now", "2026-11-24", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-24T24:00:00Z",
            "2026-11-24T02:23:38", "2026-11-24T02:23:38.Z", "2026-11-24T02:23:38Zx", "2026-11-24 02:23:38Z",
            "2026-11-24T02:23:38+99:00", "２026-11-24T02:23:38Z",
        ])
    func refused(_ text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
        #expect(throws: WireError.self) { try Wire.decode(Timestamp.self, from: Wire.encode(text)) }
    }
}
