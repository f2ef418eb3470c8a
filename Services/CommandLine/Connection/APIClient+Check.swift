import Contracts

extension APIClient {
    /// Returns if the platform answers and accepts the account's token.
    /// - Returns: whose it is.
    @discardableResult
    static func check(_ account: Account) async throws -> MeView {
        let client = APIClient(account: account)
        do {
            let me: MeView = try await client.get(.me)
            await client.shutdown()
            return me
        } catch {
            await client.shutdown()
            throw error
        }
    }
}
