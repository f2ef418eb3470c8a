public import Contracts

/// A wake: `BuildRequested` or `RolloutRequested`.
public protocol JobOffer: Message {
    var job: JobID { get }
    var run: RunID { get }
    var attempt: Int { get }
}

extension BuildRequested: JobOffer {}
extension RolloutRequested: JobOffer {}
