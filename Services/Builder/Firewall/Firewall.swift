import Glibc
import Logging
import ServiceLifecycle
import Subprocess
import SystemPackage

/// Keeps the rules in the kernel: whoever empties its tables, they are there again within half a minute. They outlive it,
/// for the steps that run while it is replaced.
struct Firewall: Service {
    /// How often the rules are put into their place again.
    static let period = Duration.seconds(30)

    let rules: FirewallRules
    /// Written each time, for builders to see.
    let mark: FilePath?
    let logger: Logger

    /// - Throws: ``Failure`` where the rules cannot be set at all; later it is logged, and the mark shows it.
    func run() async throws {
        try await set()
        logger.info("steps' containers are kept apart", metadata: ["name": "\(rules.table)"])
        while !Task.isShuttingDownGracefully {
            do {
                try await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.period) }
            } catch is CancellationError {
                break
            }
            do {
                try await set()
            } catch {
                logger.error("the rules for steps' containers cannot be set", metadata: ["error": "\(error)"])
            }
        }
    }

    func set() async throws {
        try await Self.nft(rules.text)
        guard let mark else { return }
        let file = try FileDescriptor.open(
            mark, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: FilePermissions(rawValue: 0o644)
        )
        try file.closeAfter { _ = try file.writeAll("\(rules.table)\n".utf8) }
    }

    func remove() async throws {
        try await Self.nft(rules.removal)
        if let mark { _ = mark.withPlatformString { unlink($0) } }
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private static func nft(_ text: String) async throws {
        let programs = ["/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"]
        guard let program = programs.first(where: { (path: String) in access(path, X_OK) == 0 }) else {
            throw Failure(description: "there is no nft on this machine; install nftables")
        }
        let result = try await Subprocess.run(
            .path(FilePath(program)), arguments: ["-f", "-"], input: .string(text), output: .discarded,
            error: .string(limit: 16 << 10))
        guard case .exited(0) = result.terminationStatus else {
            let words = result.standardError.split(separator: "\n").prefix(3).joined(separator: "; ")
            throw Failure(
                description: "nft does not take the rules, which root alone may set: \(words)")
        }
    }
}

/// Whether somebody keeps the rules, by the file that is written each time.
enum FirewallMark {
    /// - Parameter mark: `nil` where nobody told of one.
    /// - Returns: what a builder says of it, or `nil` where all is well.
    static func problem(_ mark: FilePath?) -> String? {
        let remedy =
            "run “builder firewall --keep true --mark FILE” as root on the engine's machine, and give this builder "
            + "SLIPWAY_DOCKER_FIREWALL=FILE"
        guard let mark else {
            return "nothing keeps steps' containers from the broker, the platform and the metadata service; \(remedy)"
        }
        var status = stat()
        guard mark.withPlatformString({ stat($0, &status) }) == 0 else {
            return
                "nothing keeps steps' containers from the broker, the platform and the metadata service: there is no "
                + "\(mark); \(remedy)"
        }
        let age = time(nil) - status.st_mtim.tv_sec
        return age > 4 * Firewall.period.components.seconds
            ? "the rules that keep steps' containers apart were last seen \(age) s ago; see the log of “builder firewall”"
            : nil
    }
}
