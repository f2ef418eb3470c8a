import Contracts
import Messaging

extension JobOperations {
    /// Lets pass what a worker reports of its own job.
    /// - Throws: `MessageFailure`, which parks it; `StoreError`.
    func check(_ report: some GrantReport) async throws {
        if let reason = try await refusal(of: report, as: .otherStage) { throw MessageFailure.permanent(reason) }
    }
}
