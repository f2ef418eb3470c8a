import ArgumentParser

/// Which platform to talk to; shared by every command that does.
struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The platform's address, such as https://slipway.example.", valueName: "url"))
    var server: String?

    @Option(help: ArgumentHelp("A file that holds the token.", valueName: "file"))
    var tokenFile: String?

    @Flag(help: "Print JSON instead of text.")
    var json = false

    /// Does something with the platform and closes its connections afterwards.
    func withPlatform<Result>(_ body: (APIClient) async throws -> Result) async throws -> Result {
        let account = try Account.resolve(server: server, tokenFile: tokenFile)
        let client = APIClient(account: account)
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }
}
