import Contracts
import Messaging
import Secrets

extension EngineConfiguration {
    /// Lets pass what a worker reports of its own job. Those of an earlier version have no token to show.
    /// - Throws: `MessageFailure`, which parks it.
    func check(_ report: some GrantReport) throws(MessageFailure) {
        guard let token = report.token else {
            if let unsignedUntil, .now < unsignedUntil { return }
            throw .permanent("it bears no token of a grant of the job \(report.job): update the worker that sends it")
        }
        guard grantTokens.verify(token, for: report.job, attempt: report.attempt) else {
            throw .permanent("its token is not that of attempt \(report.attempt) of the job \(report.job)")
        }
    }
}
