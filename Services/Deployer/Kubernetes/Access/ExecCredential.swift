import Contracts
import FoundationEssentials
import Subprocess
import SystemPackage

/// What an exec plugin of a kubeconfig answers: `client.authentication.k8s.io`.
struct ExecCredential: Decodable, Sendable {
    var status: Status

    struct Status: Decodable, Sendable {
        var token: String?
        var clientCertificateData: String?
        var clientKeyData: String?
        var expirationTimestamp: Timestamp?
    }

    /// Runs the plugin.
    static func ask(_ exec: Kubeconfig.Exec, directory: String) async throws(KubernetesError) -> ExecCredential {
        let version = exec.apiVersion ?? "client.authentication.k8s.io/v1"
        let request = #"{"apiVersion":"\#(version)","kind":"ExecCredential","spec":{"interactive":false}}"#
        var environment: [Environment.Key: String?] = ["KUBERNETES_EXEC_INFO": request]
        for variable in exec.env ?? [] {
            if let key = Environment.Key(rawValue: variable.name) { environment[key] = variable.value }
        }
        // A relative path is meant from the kubeconfig's own place; a name alone is looked up.
        let executable: Executable =
            exec.command.contains("/")
            ? .path(FilePath(exec.command.hasPrefix("/") ? exec.command : "\(directory)/\(exec.command)"))
            : .name(exec.command)
        do {
            let result = try await Subprocess.run(
                executable, arguments: Arguments(exec.args ?? []), environment: .inherit.updating(environment),
                output: .bytes(limit: 1 << 20), error: .string(limit: 64 << 10))
            guard result.terminationStatus.isSuccess else {
                throw KubernetesError(
                    .credentials, "the plugin \(exec.command) failed: \(result.standardError.suffix(500))")
            }
            return try Wire.decode(ExecCredential.self, from: Data(result.standardOutput))
        } catch let error as KubernetesError {
            throw error
        } catch {
            throw KubernetesError(.credentials, "the plugin \(exec.command) gave no credentials: \(error)")
        }
    }
}
