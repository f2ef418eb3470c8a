import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// A real sshd on loopback, with its own keys and commands, that lets in the user who runs the tests.
public struct SSHServer: Sendable {
    public let folder: String
    public let port: Int
    private let user: String

    /// A private key that it takes.
    public var key: String { "\(folder)/user" }
    /// A private key that it does not take.
    public var otherKey: String { "\(folder)/host" }
    /// Its own key, as clients know it.
    public var knownHosts: String { "\(folder)/known hosts" }

    public func url(_ path: String) -> String { "ssh://\(user)@127.0.0.1:\(port)\(path)" }

    /// Adds a command that clients may run, as a script of the shell.
    public func add(_ command: String, _ script: String) throws {
        let file = "\(folder)/commands/\(command)"
        try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(filePath: file))
        guard chmod(file, 0o755) == 0 else { throw TestFailure("chmod \(file)") }
    }

    /// Runs `body` with the server up; its folder is gone afterwards.
    public static func with(_ body: @Sendable @escaping (SSHServer) async throws -> Void) async throws {
        guard let entry = getpwuid(getuid()), let name = entry.pointee.pw_name else { throw TestFailure("no user") }
        let folder = "/tmp/slipway-ssh-\(UInt64.random(in: 0 ... .max))"
        let server = SSHServer(folder: folder, port: try LoopbackPort.free(), user: String(cString: name))
        try FileManager.default.createDirectory(atPath: "\(folder)/commands", withIntermediateDirectories: true)
        let result: Result<Void, any Error>
        do {
            try await server.serve(body)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try FileManager.default.removeItem(atPath: folder)
        try result.get()
    }

    private func serve(_ body: @Sendable @escaping (SSHServer) async throws -> Void) async throws {
        for name in ["host", "user"] {
            _ = try await runTool("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", "\(folder)/\(name)"])
        }
        let host = try String(contentsOf: URL(filePath: "\(folder)/host.pub"), encoding: .utf8)
        try Data("[127.0.0.1]:\(port) \(host)".utf8).write(to: URL(filePath: knownHosts))
        try add("run", "PATH=\(folder)/commands:$PATH exec /bin/sh -c \"$SSH_ORIGINAL_COMMAND\"")
        let configuration = """
            Port \(port)
            ListenAddress 127.0.0.1
            HostKey \(folder)/host
            AuthorizedKeysFile \(folder)/user.pub
            ForceCommand \(folder)/commands/run
            PidFile none
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            """
        try Data("\(configuration)\n".utf8).write(to: URL(filePath: "\(folder)/configuration"))
        // Started by root it wants an empty folder there, which on Debian its service makes.
        if getuid() == 0 { mkdir("/run/sshd", 0o755) }
        _ = try await run(
            .path("/usr/sbin/sshd"), arguments: ["-D", "-e", "-f", "\(folder)/configuration"], input: .none,
            output: .sequence, error: .combinedWithOutput
        ) { execution in
            var words = ""
            do {
                for try await line in execution.standardOutput.strings() {
                    words += line + "\n"
                    guard line.contains("Server listening") else { continue }
                    words = ""
                    try await body(self)
                    break
                }
            } catch {
                try execution.send(signal: .terminate)
                throw error
            }
            guard words.isEmpty else { throw TestFailure("sshd does not start: \(words)") }
            try execution.send(signal: .terminate)
        }
    }
}
