import Crypto
import FoundationEssentials
import HTTPClient
import Text

/// What tells a cluster from all others, whatever name and address it goes by: the UID of its namespace `kube-system`.
///
/// An account that may not read that still knows the same kubeconfig under two names.
public actor ClusterIdentity {
    private let client: KubernetesClient
    private var known: String?

    /// A claim waits no longer for a cluster that is away.
    private static let limit = Duration.seconds(3)

    public init(_ client: KubernetesClient) {
        self.client = client
    }

    /// - Returns: `nil` where nothing tells, or the cluster does not answer now.
    @Sendable public func value() async -> String? {
        if let known { return known }
        do {
            let system = try await client.get(
                "/api/v1/namespaces/kube-system", within: Self.limit, as: NamedObject.self)
            known = system.metadata.uid
        } catch  where error.code == .forbidden || error.code == .notFound {
            known = client.access.fingerprint
        } catch {
            // Asked again with the next claim.
        }
        return known
    }
}

extension ClusterAccess {
    /// A digest of the way to the cluster. Another one may lead to the same cluster, but the same one never leads to two:
    /// `nil` for a pod's own, whose address is the same in every cluster.
    var fingerprint: String? {
        var parts = [server, tls.serverName ?? "", "\(tls.verifies)"]
        switch credential {
        case .tokenFile: return nil
        case .none: break
        case .token(let text): parts.append(text)
        case .basic(let username, _): parts.append(username)
        case .exec(let exec, let directory):
            parts += [directory, exec.command] + (exec.args ?? [])
            parts += (exec.env ?? []).flatMap { [$0.name, $0.value] }
        }
        for pem in [tls.authorities, tls.identity?.certificate] {
            switch pem {
            case nil: parts.append("")
            case .text(let text): parts.append(text)
            case .file(let path):
                guard let text = try? String(contentsOf: URL(filePath: path), encoding: .utf8) else { return nil }
                parts.append(text)
            }
        }
        var hash = SHA256()
        for part in parts { hash.update(data: Data("\(part.utf8.count) \(part)".utf8)) }
        return Hex.encode(hash.finalize())
    }
}
