import Contracts
import Secrets

/// What is entered in a forge's webhook form.
struct HookAddress: Sendable {
    let tokens: HookToken
    /// Where forges reach the gateway, such as `https://hooks.example`; `nil` where it is not configured.
    let gateway: String?

    func token(of path: RepositoryPath) -> String { tokens.token(for: path) }

    func url(for forge: Forge) -> String? {
        gateway.map(forge.hookURL)
    }
}
