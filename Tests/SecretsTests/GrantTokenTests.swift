import Contracts
import Testing

@testable import Secrets

@Suite struct GrantTokenTests {
    private let tokens = GrantToken(hooks: SigningKey(bytes: [1]), mirrors: SigningKey(bytes: [2]))
    private let job = JobID(rawValue: "j1")

    @Test func itIsOfItsJobAndAttemptAlone() {
        let token = tokens.sign(job, attempt: 1)
        #expect(tokens.verify(token, for: job, attempt: 1))
        #expect(!tokens.verify(token, for: job, attempt: 2))
        #expect(!tokens.verify(token, for: JobID(rawValue: "j2"), attempt: 1))
        for other in ["", "x", "%", String(token.dropLast()), token + "A"] {
            #expect(!tokens.verify(other, for: job, attempt: 1), "\(other)")
        }
    }

    @Test func neitherKeyAloneMakesIt() {
        let token = tokens.sign(job, attempt: 1)
        for key in [SigningKey(bytes: [1]), SigningKey(bytes: [2])] {
            #expect(!GrantToken(hooks: key, mirrors: key).verify(token, for: job, attempt: 1))
        }
    }
}
