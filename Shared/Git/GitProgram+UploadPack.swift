import Subprocess
import SystemPackage

/// Serving a repository to Git clients: the two answers of the smart HTTP protocol (gitprotocol-http(5)), read-only.
extension GitProgram {
    /// What a client told in its `Git-Protocol` header: only what is known is passed on.
    public static func protocolVersion(_ header: String?) -> String? {
        header.flatMap { ["version=0", "version=1", "version=2"].contains($0) ? $0 : nil }
    }

    /// The body of `GET …/info/refs?service=git-upload-pack`.
    /// - Parameter protocolVersion: as ``protocolVersion(_:)`` gives it.
    /// - Throws: ``GitError`` with what git said.
    public func advertisement(of repository: String, protocolVersion: String?) async throws(GitError) -> [UInt8] {
        let output = try await self.output(
            ["upload-pack", "--strict", "--stateless-rpc", "--http-backend-info-refs", "."], in: repository,
            outputLimit: 16 << 20, configuration: Self.uploadConfiguration,
            variables: Self.uploadVariables(protocolVersion))
        guard output.exitCode == 0 else { throw GitError.diagnose(output.words, doing: "serving \(repository)") }
        // The second version of the protocol dropped this line.
        return (protocolVersion == "version=2" ? [] : Array("001e# service=git-upload-pack\n0000".utf8)) + output.bytes
    }

    /// Answers `POST …/git-upload-pack` piece by piece, as fast as `write` takes them. A client that says nothing for a
    /// minute is given up.
    /// - Parameters:
    ///   - request: the request's whole body, already inflated.
    ///   - write: what it throws ends the program.
    /// - Throws: ``GitError`` with what git said, or with what `write` threw.
    public func uploadPack(
        of repository: String, request: [UInt8], protocolVersion: String?, write: ([UInt8]) async throws -> Void
    ) async throws(GitError) {
        let environment = GitEnvironment(
            program: self, directory: repository, remote: nil, credential: .none, extra: Self.uploadConfiguration)
        let launch = Launch(
            executable: path, arguments: ["upload-pack", "--strict", "--stateless-rpc", "--timeout=60", "."],
            directory: repository,
            environment: environment.variables.merging(Self.uploadVariables(protocolVersion)) { $1 }, input: request,
            outputLimit: 0)
        do {
            try await launch.stream(write)
        } catch is CancellationError {
            throw GitError(.cancelled, "serving \(repository) was cancelled")
        } catch {
            throw GitError(.failed, "serving \(repository) ended early", cause: "\(error)")
        }
    }

    /// Inflates a gzip body, as Git sends larger requests.
    /// - Throws: `invalid` where it is none, `tooLarge`.
    /// - Parameter limit: in bytes of what comes out.
    public static func inflate(_ bytes: [UInt8], limit: Int) async throws(GitError) -> [UInt8] {
        let launch = Launch(
            executable: Self.find("gzip") ?? "gzip", arguments: ["-dc"], directory: nil,
            environment: ["PATH": "/usr/bin:/bin"],
            input: bytes, outputLimit: limit)
        do {
            guard let output = try await withTimeout(.seconds(30), { try await launch.run() }), output.exitCode == 0
            else { throw GitError(.invalid, "the body is not gzip") }
            return output.bytes
        } catch let error as GitError {
            throw error
        } catch let error as SubprocessError where error.code == .outputLimitExceeded {
            throw GitError(.tooLarge, "the body has more than \(limit) bytes when inflated")
        } catch {
            throw GitError(.failed, "the body cannot be inflated", cause: "\(error)")
        }
    }

    private static let uploadConfiguration = [
        // Whoever may fetch from a mirror may have all of it; most builders ask for a commit by its id.
        ("uploadpack.allowAnySHA1InWant", "true"), ("uploadpack.allowFilter", "true"),
    ]

    private static func uploadVariables(_ protocolVersion: String?) -> [String: String] {
        protocolVersion.map { ["GIT_PROTOCOL": $0] } ?? [:]
    }
}
