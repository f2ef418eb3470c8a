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
        #expect(try await hasher.check("correct horse battery") { hash.kept }?.isOutdated == false)
        #expect(try await hasher.check("wrong horse battery") { hash.kept } == nil)
        for none in [nil, "", "bcrypt:x"] as [String?] {
            #expect(try await hasher.check("correct horse battery") { none } == nil)
        }
        let raised = PasswordHasher(cost: .init(exponent: 5, blockSize: 1, parallelism: 1))
        let found = try await raised.check("correct horse battery") { hash.kept }
        #expect(found?.isOutdated == true && found?.kept == hash.kept)
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
}
