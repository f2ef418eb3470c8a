import Contracts
import Messaging

extension JobOperations {
    /// Lets pass what a worker reports of its own job.
    /// - Throws: `MessageFailure`, which parks it.
    func check(_ report: some GrantReport) throws(MessageFailure) {
        if let reason = refusal(of: report) { throw .permanent(reason) }
    }
}
