import Contracts
import Testing

@testable import Pipeline

/// What decides on who is let in, without a platform.
@Suite struct SignInStateTests {
    private let start = Timestamp(milliseconds: 1_700_000_000_000)

    // MARK: - Passwords

    @Test func `A password's hash knows it, is another one each time and says nothing of it`() throws {
        let cost = Samples.passwordCost
        let hash = try PasswordHash.make("correct horse battery", cost: cost)
        #expect(try hash.matches("correct horse battery"))
        for wrong in ["", "correct horse batter", "Correct horse battery", "correct horse battery "] {
            #expect(try !hash.matches(wrong))
        }
        #expect(try PasswordHash.make("correct horse battery", cost: cost) != hash)
        let kept = try #require(PasswordHash(kept: hash.kept))
        #expect(kept == hash && !hash.kept.contains("horse"))
    }

    /// RFC 7914, section 12: the second vector.
    @Test func `It is scrypt's`() throws {
        let kept = try #require(
            PasswordHash(
                kept: "scrypt:10:8:16:TmFDbA:_bq-HJ00cgB4VucZDQHp_nxq18vII3gw53N2Y0s3MWI"))
        #expect(try kept.matches("password"))
        #expect(try !kept.matches("passwore"))
    }

    @Test(
        arguments: [
            "", "scrypt", "bcrypt:4:1:1:AA:AA", "scrypt:99:8:1:AAAA:AAAA", "scrypt:4:1:1:AAAA:AAAA",
            "scrypt:25:8:1:TmFDbA:_bq-HJ00cgB4VucZDQHp_nxq18vII3gw53N2Y0s3MWI",
            "scrypt:x:8:1:TmFDbA:_bq-HJ00cgB4VucZDQHp_nxq18vII3gw53N2Y0s3MWI",
        ])
    func `What is no hash, or would take too much, is none`(text: String) {
        #expect(PasswordHash(kept: text) == nil)
    }

    @Test func `A hash of another cost is one to be made anew`() async throws {
        let hasher = PasswordHasher(cost: Samples.passwordCost)
        let hash = try await hasher.hash("correct horse battery")
        #expect(try await hasher.check("correct horse battery", against: hash) == false)
        #expect(try await hasher.check("wrong horse battery", against: hash) == nil)
        #expect(try await hasher.check("correct horse battery", against: nil) == nil)
        let raised = PasswordHasher(cost: .init(exponent: 5, blockSize: 1, parallelism: 1))
        #expect(try await raised.check("correct horse battery", against: hash) == true)
    }

    // MARK: - Attempts

    @Test func `An account has ten attempts at once, then one a minute`() throws {
        var limit = AttemptLimit()
        let account = [AttemptLimit.Subject.account("ada")]
        for _ in 0..<10 { try limit.take(account, now: start) }
        #expect(throws: AttemptLimit.Refusal(subject: .account("ada"), seconds: 60)) {
            try limit.take(account, now: start)
        }
        // What is refused costs nothing.
        let later = start.adding(.milliseconds(59_500))
        #expect(throws: AttemptLimit.Refusal(subject: .account("ada"), seconds: 1)) {
            try limit.take(account, now: later)
        }
        try limit.take(account, now: start.adding(.seconds(60)))
        #expect(throws: AttemptLimit.Refusal.self) { try limit.take(account, now: start.adding(.seconds(60))) }
        try limit.take([.account("bob")], now: start)
    }

    @Test func `A source has thirty, over all accounts; neither loses one where the other has none`() throws {
        var limit = AttemptLimit()
        for number in 0..<30 { try limit.take([.account("a\(number)"), .source("192.0.2.7")], now: start) }
        #expect(throws: AttemptLimit.Refusal(subject: .source("192.0.2.7"), seconds: 10)) {
            try limit.take([.account("ada"), .source("192.0.2.7")], now: start)
        }
        for _ in 0..<10 { try limit.take([.account("ada"), .source("192.0.2.8")], now: start) }
        #expect(throws: AttemptLimit.Refusal(subject: .account("ada"), seconds: 60)) {
            try limit.take([.account("ada"), .source("192.0.2.9")], now: start)
        }
    }

    @Test func `A clock that is set back makes nobody wait for longer than their attempts take`() throws {
        var limit = AttemptLimit()
        for _ in 0..<10 { try limit.take([.account("ada")], now: start.adding(.seconds(3600))) }
        #expect(throws: AttemptLimit.Refusal(subject: .account("ada"), seconds: 60)) {
            try limit.take([.account("ada")], now: start)
        }
        try limit.take([.account("ada")], now: start.adding(.seconds(60)))
    }

    @Test func `What is right costs nothing`() throws {
        var limit = AttemptLimit()
        let subjects = [AttemptLimit.Subject.account("ada"), .source("192.0.2.7")]
        for _ in 0..<100 {
            try limit.take(subjects, now: start)
            limit.release(subjects)
        }
    }

    @Test func `Many names do not fill the memory, nor free the one that was tried most`() throws {
        var limit = AttemptLimit()
        for _ in 0..<10 { try limit.take([.account("ada")], now: start) }
        for number in 0...AttemptLimit.capacity { try limit.take([.account("a\(number)")], now: start) }
        #expect(throws: AttemptLimit.Refusal.self) { try limit.take([.account("ada")], now: start) }
    }

    // MARK: - Commands that wait for a browser

    private func begin(
        _ logins: inout PendingLogins, _ hash: String = "h", _ code: String = "BCDF-GHJK", from network: String = "n",
        now: Timestamp? = nil
    ) -> PendingLogins.Login? {
        logins.begin(
            hash, host: "laptop", visitor: Visitor(address: "192.0.2.7", network: network, agent: nil),
            userCode: code, now: now ?? start)
    }

    @Test func `A command that is let in is told so once`() {
        var logins = PendingLogins()
        #expect(begin(&logins)?.userCode == "BCDF-GHJK")
        #expect(logins.poll("h", now: start) == .waiting)
        #expect(logins.poll("other", now: start) == .unknown)
        #expect(logins.decide("BCDF-XXXX", .allowed(account: "ada"), now: start) == nil)
        #expect(logins.decide("BCDF-GHJK", .allowed(account: "ada"), now: start)?.host == "laptop")
        // Nobody decides it twice.
        #expect(logins.decide("BCDF-GHJK", .allowed(account: "eve"), now: start) == nil)
        #expect(logins.poll("h", now: start) == .decided(.allowed(account: "ada"), host: "laptop"))
        #expect(logins.poll("h", now: start) == .unknown)
    }

    @Test func `One that is refused, or waits for too long, is over`() {
        var logins = PendingLogins()
        _ = begin(&logins)
        _ = logins.decide("BCDF-GHJK", .refused, now: start)
        #expect(logins.poll("h", now: start) == .decided(.refused, host: "laptop"))
        _ = begin(&logins, "h2")
        let end = start.adding(PendingLogins.life)
        #expect(logins.find("BCDF-GHJK", now: end) == nil)
        #expect(logins.decide("BCDF-GHJK", .allowed(account: "ada"), now: end) == nil)
        #expect(logins.poll("h2", now: end) == .unknown)
    }

    @Test func `Only so many wait, from one network and in all`() {
        var logins = PendingLogins()
        for number in 0..<PendingLogins.capacity.network { #expect(begin(&logins, "h\(number)", "c\(number)") != nil) }
        #expect(begin(&logins, "one more", "c") == nil)
        #expect(begin(&logins, "other", "d", from: "another") != nil)
        #expect(begin(&logins, "same code", "d", from: "third") == nil)
        for number in 0..<PendingLogins.capacity.all {
            _ = begin(&logins, "a\(number)", "a\(number)", from: "n\(number)")
        }
        #expect(begin(&logins, "too many", "e", from: "fourth") == nil)
        // All of them are over in the end.
        #expect(begin(&logins, "late", "e", now: start.adding(PendingLogins.life)) != nil)
    }
}
