import Contracts

extension APIClient {
    /// Returns if the platform answers and accepts the account's token.
    static func check(_ account: Account) async throws {
        let client = APIClient(account: account)
        do {
            let _: Page<RunSummary> = try await client.get(.runs, query: [("limit", "1")])
            await client.shutdown()
        } catch {
            await client.shutdown()
            throw error
        }
    }
}
