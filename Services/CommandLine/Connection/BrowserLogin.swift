import Contracts

/// Signs a command in by somebody's browser, on this machine or another one: the command waits until the person has
/// compared a code on a page of the platform and let it in (after RFC 8628).
struct BrowserLogin: Sendable {
    let client: APIClient
    var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    /// - Returns: the token.
    func run() async throws -> String {
        let start: LoginStart = try await client.post(.login, body: LoginRequest(host: MachineName.current))
        Console.remark("Open this page in a browser and compare the code \(start.userCode):")
        Console.remark("  \(start.url)")
        Console.remark("Waiting until you let this command in there …")
        while Timestamp.now < start.expiresAt {
            try await sleep(.seconds(max(1, start.interval)))
            let answer: LoginAnswer = try await client.post(.loginToken, body: LoginPoll(code: start.code))
            if let token = answer.token { return token.token }
        }
        throw CommandError("nobody let this command in within ten minutes", remedy: "begin again: slipway login")
    }
}
