import Contracts
import FoundationEssentials

/// A link that signs somebody in, once.
struct SignInLink: Sendable, Equatable {
    let server: String
    let code: String

    /// - Throws: ``CommandError`` where the text is no such link.
    init(_ text: String) throws {
        let text = text.trimmingWhitespace()
        let mark = PagePath.link.path() + "?code="
        guard let range = text.firstRange(of: mark), range.upperBound < text.endIndex,
            text[range.upperBound...].allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
        else {
            throw CommandError(
                "“\(text)” is not a link to sign in with",
                remedy: "give all of it, in quotes: 'https://slipway.example\(mark)…'", isUsage: true)
        }
        server = String(text[..<range.lowerBound])
        code = String(text[range.upperBound...])
    }

    /// Uses the link up.
    /// - Parameter name: who it is to be, where the link leaves that open.
    func redeem(_ account: Account, name: String) async throws -> PersonalToken {
        var account = account
        account.token = nil
        let client = APIClient(account: account)
        do {
            let grant: PersonalToken = try await client.post(
                .link, body: LinkRequest(code: code, name: name, token: Self.tokenName))
            await client.shutdown()
            return grant
        } catch {
            await client.shutdown()
            throw error
        }
    }

    /// What the token is called that a command of this machine has.
    static var tokenName: String { "login.\(MachineName.current)" }
}
