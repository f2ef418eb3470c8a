import Contracts
import Testing

@testable import Pipeline

@Suite struct FreezeTests {
    private func end(_ from: String, _ until: String, _ zone: String, at now: String) throws -> String? {
        let rules = try TimeZones().rules(of: zone)
        let freeze = try Freeze(FreezeWindow(name: "f", from: from, until: until, zone: zone), zone: rules)
        return freeze.end(at: try #require(Timestamp(rfc3339: now)))?.description
    }

    @Test func `A weekend is frozen by the clocks of its zone`() throws {
        func weekend(_ now: String) throws -> String? {
            try end("fri 16:00", "mon 08:00", "Europe/Berlin", at: now)
        }
        // 2026-11-27 is a Friday.
        #expect(try weekend("2026-11-27T14:59:59Z") == nil)
        #expect(try weekend("2026-11-27T15:00:00Z") == "2026-11-30T07:00:00.000Z")
        #expect(try weekend("2026-11-29T23:30:00Z") == "2026-11-30T07:00:00.000Z")
        #expect(try weekend("2026-11-30T07:00:00Z") == nil)
        // The clocks are put back in that night: Monday 08:00 is another hour from UTC than Friday was.
        #expect(try weekend("2026-10-23T14:00:00Z") == "2026-10-26T07:00:00.000Z")
    }

    @Test func `Nights and holidays are frozen`() throws {
        #expect(try end("22:00", "06:00", "UTC", at: "2026-11-27T23:00:00Z") == "2026-11-28T06:00:00.000Z")
        #expect(try end("22:00", "06:00", "UTC", at: "2026-11-27T05:59:00Z") == "2026-11-27T06:00:00.000Z")
        #expect(try end("22:00", "06:00", "UTC", at: "2026-11-27T12:00:00Z") == nil)
        #expect(
            try end("2026-12-20 00:00", "2027-01-02 00:00", "America/New_York", at: "2026-12-20T05:00:00Z")
                == "2027-01-02T05:00:00.000Z")
        #expect(
            try end("2026-12-20 00:00", "2027-01-02 00:00", "America/New_York", at: "2026-12-20T04:59:00Z") == nil)
    }

    /// On 2026-03-29 the clocks of Berlin go from 02:00 to 03:00.
    @Test func `A time that the clocks skip is as long after the one before`() throws {
        func night(_ now: String) throws -> String? { try end("23:00", "02:30", "Europe/Berlin", at: now) }
        #expect(try night("2026-03-29T00:10:00Z") == "2026-03-29T01:30:00.000Z")
        #expect(try night("2026-03-29T00:59:00Z") == "2026-03-29T01:30:00.000Z")
    }

    /// On 2026-10-25 the clocks of Berlin go from 03:00 back to 02:00.
    @Test func `A freeze has no gap in the hour that the clocks repeat`() throws {
        func until(_ now: String) throws -> String? { try end("22:00", "02:30", "Europe/Berlin", at: now) }
        // It ends when the clocks show 02:30 the second time.
        for now in ["2026-10-25T00:29:00Z", "2026-10-25T00:45:00Z", "2026-10-25T01:29:59Z"] {
            #expect(try until(now) == "2026-10-25T01:30:00.000Z", "\(now)")
        }
        #expect(try until("2026-10-25T01:30:00Z") == nil)
        // And begins when they show it the first time.
        func from(_ now: String) throws -> String? { try end("02:30", "06:00", "Europe/Berlin", at: now) }
        #expect(try from("2026-10-25T00:29:00Z") == nil)
        for now in ["2026-10-25T00:30:00Z", "2026-10-25T01:15:00Z", "2026-10-25T04:59:00Z"] {
            #expect(try from(now) == "2026-10-25T05:00:00.000Z", "\(now)")
        }
        let once = try end("2026-10-25 02:30", "2026-10-25 02:40", "Europe/Berlin", at: "2026-10-25T01:10:00Z")
        #expect(once == "2026-10-25T01:40:00.000Z")
    }

    @Test func `UTC needs no file, and a zone is no way to other files`() throws {
        let none = TimeZones(folder: "/nonexistent")
        _ = try none.rules(of: "UTC")
        for name in ["../../etc/passwd", "/etc/passwd", "Mars/Olympus", ""] {
            #expect(throws: Freeze.Malformed.unknown(zone: name)) { try TimeZones().rules(of: name) }
        }
    }

    @Test func `A zone that cannot be read says why`() throws {
        let missing = #expect(throws: Freeze.Malformed.self) {
            try TimeZones(folder: "/nonexistent").rules(of: "Europe/Berlin")
        }
        #expect(
            missing?.text.contains("the platform's machine has no /nonexistent; install its time zones (tzdata)")
                == true)
        let other = #expect(throws: Freeze.Malformed.self) { try TimeZones(folder: "/etc").rules(of: "passwd") }
        #expect(other?.text == "the time zone “passwd” cannot be read: /etc/passwd is no time zone's file")
    }

    @Test(arguments: [
        ("fri 16:00", "08:00"), ("25:00", "26:00"), ("16", "18"), ("fry 16:00", "mon 08:00"), ("", ""),
        // These never end, or never begin.
        ("00:00", "24:00"), ("mon 08:00", "mon 08:00"), ("2026-12-20 00:00", "2026-12-19 00:00"),
    ])
    func `What is no window is refused`(from: String, until: String) throws {
        let rules = try TimeZones().rules(of: "UTC")
        #expect(throws: Freeze.Malformed.self) {
            try Freeze(FreezeWindow(name: "f", from: from, until: until, zone: "UTC"), zone: rules)
        }
    }
}
