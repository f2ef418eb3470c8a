import FoundationEssentials
import Glibc
import HTTPClient

/// Where a cluster is and how to sign in: what a kubeconfig or the surroundings of a pod say.
public struct ClusterAccess: Sendable {
    /// The API server without a slash at the end, such as `https://127.0.0.1:6443`.
    public var server: String
    var tls: HTTPRequest.TLS
    var credential: Credential
    /// Where a workload is looked for that names no namespace.
    public var namespace: String

    /// The program that gives the credentials, where one does.
    public var plugin: String? {
        if case .exec(let exec, _) = credential { exec.command } else { nil }
    }

    enum Credential: Sendable, Hashable {
        /// A client certificate alone, or nothing.
        case none
        case token(String)
        /// Read anew every minute: the kubelet exchanges it.
        case tokenFile(String)
        case basic(username: String, password: String)
        case exec(Kubeconfig.Exec, directory: String)
    }
}

extension ClusterAccess {
    /// Reads a kubeconfig file and takes its current context.
    /// - Throws: ``KubernetesError`` with ``KubernetesError/Code/configuration`` that says what is wrong where.
    public static func load(kubeconfig path: String) throws(KubernetesError) -> ClusterAccess {
        let text: String
        do {
            text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        } catch {
            throw KubernetesError(.configuration, "the kubeconfig \(path) cannot be read: \(error)")
        }
        return try ClusterAccess(Kubeconfig.parse(text, path: path), path: path)
    }

    init(_ config: Kubeconfig, path: String) throws(KubernetesError) {
        let directory = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        func file(_ name: String) -> String { name.hasPrefix("/") ? name : "\(directory)/\(name)" }
        func problem(_ text: String) -> KubernetesError { KubernetesError(.configuration, "\(path): \(text)") }

        guard let contextName = config.currentContext ?? config.contexts.first?.name else {
            throw problem("it has no context")
        }
        guard let context = config.contexts.first(where: { $0.name == contextName })?.content else {
            throw problem("its current context “\(contextName)” is not in it")
        }
        guard let cluster = config.clusters.first(where: { $0.name == context.cluster })?.content else {
            throw problem("the cluster “\(context.cluster)” of the context “\(contextName)” is not in it")
        }
        guard let user = config.users.first(where: { $0.name == context.user })?.content else {
            throw problem("the user “\(context.user)” of the context “\(contextName)” is not in it")
        }
        server = cluster.server.hasSuffix("/") ? String(cluster.server.dropLast()) : cluster.server
        namespace = context.namespace ?? "default"

        func pem(_ data: String?, _ name: String?, _ what: String) throws(KubernetesError) -> HTTPRequest.TLS.PEM? {
            if let data {
                guard let decoded = Data(base64Encoded: data, options: .ignoreUnknownCharacters), !decoded.isEmpty
                else { throw problem("\(what) is no base64") }
                return .text(String(decoding: decoded, as: UTF8.self))
            }
            return name.map { .file(file($0)) }
        }
        tls = HTTPRequest.TLS(
            authorities: try pem(cluster.authorityData, cluster.authorityFile, "certificate-authority-data"),
            serverName: cluster.serverName, verifies: cluster.skipVerify != true)
        let certificate = try pem(user.certificateData, user.certificateFile, "client-certificate-data")
        let key = try pem(user.keyData, user.keyFile, "client-key-data")
        switch (certificate, key) {
        case (let certificate?, let key?): tls.identity = .init(certificate: certificate, key: key)
        case (nil, nil): break
        default: throw problem("the user “\(context.user)” has a client certificate or its key, but not both")
        }
        if let tokenFile = user.tokenFile {
            credential = .tokenFile(file(tokenFile))
        } else if let token = user.token, !token.isEmpty {
            credential = .token(token)
        } else if let username = user.username, let password = user.password {
            credential = .basic(username: username, password: password)
        } else if let exec = user.exec {
            credential = .exec(exec, directory: directory)
        } else if let provider = user.authProvider {
            throw problem("the auth-provider “\(provider.name)” is not spoken any more; use an exec plugin or a token")
        } else {
            credential = .none
        }
    }

    private static let serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// The cluster this process runs in as a pod, or `nil` where it does not.
    /// - Throws: ``KubernetesError`` `credentials` where the pod has no service account that can be read.
    public static func inCluster() throws(KubernetesError) -> ClusterAccess? {
        guard let host = variable("KUBERNETES_SERVICE_HOST"), let port = variable("KUBERNETES_SERVICE_PORT") else {
            return nil
        }
        let namespace: String
        do {
            namespace = try String(contentsOf: URL(filePath: "\(serviceAccount)/namespace"), encoding: .utf8)
        } catch {
            throw KubernetesError(
                .configuration,
                "this pod has no service account token (\(serviceAccount)); set automountServiceAccountToken")
        }
        return ClusterAccess(
            server: "https://\(host.contains(":") ? "[\(host)]" : host):\(port)",
            tls: HTTPRequest.TLS(authorities: .file("\(serviceAccount)/ca.crt")),
            credential: .tokenFile("\(serviceAccount)/token"),
            namespace: namespace.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? "default")
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
