import Contracts
import Crypto
import FoundationEssentials
import HTTPClient
import Text

/// What tells a cluster from all others, whatever name and address it goes by: the UID of its namespace `kube-system`.
///
/// An account that may not read that knows the cluster by the key that signs its service accounts' tokens, where it has
/// such a token, and else by the kubeconfig.
public actor ClusterIdentity {
    private let client: KubernetesClient
    private var known: String?

    /// A claim waits no longer for a cluster that is away.
    private static let limit = Duration.seconds(3)

    public init(_ client: KubernetesClient) {
        self.client = client
    }

    /// Asked before a job is claimed, when nobody sees a wait and nothing can be cancelled: a plugin is not run for it.
    /// - Returns: `nil` where nothing tells, the cluster does not answer now, or ``learn()`` has yet to ask a plugin.
    @Sendable public func value() async -> String? {
        client.access.plugin == nil ? await learn() : known
    }

    /// Asks the cluster, unless that is known.
    @discardableResult public func learn() async -> String? {
        if let known { return known }
        do {
            let system = try await client.get(
                "/api/v1/namespaces/kube-system", within: Self.limit, as: NamedObject.self)
            known = system.metadata.uid
        } catch  where error.code == .forbidden || error.code == .notFound {
            known = client.access.signingKey ?? client.access.fingerprint
        } catch {
            // Asked again with the next claim.
        }
        return known
    }
}

extension ClusterAccess {
    /// The key that signs the tokens of the cluster's service accounts, where this is one of those: whatever account it is
    /// and whichever way it takes. Such a token names it by a digest.
    var signingKey: String? {
        struct Header: Decodable { var kid: String? }
        struct Claims: Decodable { var sub: String? }
        func decode<Part: Decodable>(_ text: Substring) -> Part? {
            // Any other token is not for us to understand.
            Base64URL.decode(text).flatMap { try? Wire.decode(Part.self, from: $0) }
        }
        let text: String? =
            switch credential {
            case .token(let text): text
            // Requests say why it cannot be read; a cluster without this name is told by its address.
            case .tokenFile(let path): try? String(contentsOf: URL(filePath: path), encoding: .utf8)
            case .none, .basic, .exec: nil
            }
        let parts = (text ?? "").split(separator: ".")
        guard parts.count == 3, let header: Header = decode(parts[0]), let claims: Claims = decode(parts[1]),
            let key = header.kid, !key.isEmpty, claims.sub?.hasPrefix("system:serviceaccount:") == true
        else { return nil }
        return "service-accounts:\(key)"
    }

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
                // Requests say why it cannot be read.
                guard let text = try? String(contentsOf: URL(filePath: path), encoding: .utf8) else { return nil }
                parts.append(text)
            }
        }
        var hash = SHA256()
        for part in parts { hash.update(data: Data("\(part.utf8.count) \(part)".utf8)) }
        return Hex.encode(hash.finalize())
    }
}
