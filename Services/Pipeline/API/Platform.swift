import Contracts
import Logging
import Secrets

/// All that the API and the pages are made of.
struct Platform: Sendable {
    let store: PipelineStore
    /// Lists, single runs and what happens to them.
    let runs: RunReader
    /// Starts, cancels and repeats runs.
    let actions: RunActions
    let access: Access
    let keys: KeyRing
    let hooks: HookAddress
    /// Where people reach this service, such as `https://slipway.example`.
    let publicURL: String
    let logger: Logger
}
