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

    /// Runs the plugin. It and all it started end with the limit, where it writes more than ``PluginOutput/limit``, and when
    /// the task is cancelled.
    /// - Parameter limit: How long it may take; one that waits for a person would for ever.
    static func ask(
        _ exec: Kubeconfig.Exec, directory: String, limit: Duration
    ) async throws(KubernetesError) -> ExecCredential {
        do {
            let (output, errors) = (try PluginOutput(of: exec.command), try PluginOutput(of: exec.command))
            return try await withThrowingTaskGroup(of: ExecCredential?.self) { group in
                group.addTask { try await run(exec, directory: directory, output, errors) }
                for pipe in [output, errors] {
                    group.addTask {
                        try await pipe.pump()
                        return nil
                    }
                }
                group.addTask {
                    try await Task.sleep(for: limit)
                    return nil
                }
                defer { group.cancelAll() }
                guard let first = try await group.next(), let answer = first else {
                    throw KubernetesError(
                        .credentials,
                        "the plugin \(exec.command) gave no credentials within \(limit.components.seconds) s")
                }
                return answer
            }
        } catch let error as KubernetesError {
            throw error
        } catch {
            throw KubernetesError(.credentials, "the plugin \(exec.command) gave no credentials: \(error)")
        }
    }

    private static func run(
        _ exec: Kubeconfig.Exec, directory: String, _ output: PluginOutput, _ errors: PluginOutput
    ) async throws -> ExecCredential {
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
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [.send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)]
        let result = try await Subprocess.run(
            executable, arguments: Arguments(exec.args ?? []), environment: .inherit.updating(environment),
            platformOptions: options,
            output: .fileDescriptor(output.writing, closeAfterSpawningProcess: false),
            error: .fileDescriptor(errors.writing, closeAfterSpawningProcess: false))
        guard result.terminationStatus.isSuccess else {
            let words = String(decoding: try await errors.read(), as: UTF8.self).suffix(500)
            throw KubernetesError(
                .credentials,
                "the plugin \(exec.command) failed, \(result.terminationStatus)\(words.isEmpty ? "" : ": \(words)")")
        }
        let answer = try Wire.decode(ExecCredential.self, from: Data(try await output.read()))
        guard answer.status.token != nil || answer.status.clientCertificateData != nil else {
            throw KubernetesError(.credentials, "the plugin \(exec.command) gave neither a token nor a certificate")
        }
        return answer
    }
}
