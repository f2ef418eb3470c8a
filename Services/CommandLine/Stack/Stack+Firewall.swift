import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// Rules of the firewall that keep the containers of steps from the stack and from the machine's metadata service, where
/// there is an engine and this user may set them.
extension Stack {
    static let firewall = "firewall"

    func startFirewall() throws {
        guard geteuid() == 0, hasEngine else { return }
        if let record = try ProcessRecord.load(layout.record(Self.firewall)), record.isAlive { return }
        let ports =
            StackService.all.compactMap { $0.port(layout) } + [layout.ports.broker]
            + StackService.all.map { layout.ports.admin($0.index) }
        let record = try DetachedProcess.start(
            "\(binaries)/builder",
            arguments: [
                "firewall", "--keep", "true", "--name", "up_\(layout.ports.base)", "--ports",
                ports.map(String.init).joined(separator: ","), "--mark", layout.firewallMark,
            ],
            environment: inherited.filter { !$0.key.hasPrefix("SLIPWAY_") }, directory: layout.directory,
            log: layout.log(Self.firewall))
        try record.save(layout.record(Self.firewall))
    }

    /// The program that keeps the rules, as long as it runs; it may lie elsewhere than this one's folder.
    func firewallProgram() throws -> String {
        let beside = "\(binaries)/builder"
        guard let record = try ProcessRecord.load(layout.record(Self.firewall)), record.isAlive else { return beside }
        do {
            let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(record.pid)/exe")
            return access(program, X_OK) == 0 ? program : beside
        } catch {
            return beside
        }
    }

    /// Removes the rules, which outlive the process that sets them. Its mark tells the name they were set with.
    func removeFirewall(_ program: String) async throws {
        guard let data = FileManager.default.contents(atPath: layout.firewallMark) else { return }
        let table = String(decoding: data, as: UTF8.self).filter { !$0.isWhitespace }
        var words = "there is no \(program)"
        if access(program, X_OK) == 0 {
            let result = try await Subprocess.run(
                .path(FilePath(program)),
                arguments: [
                    "firewall", "--remove", "true", "--name", String(table.dropFirst("slipway_".count)), "--mark",
                    layout.firewallMark,
                ], output: .discarded, error: .string(limit: 16 << 10))
            if case .exited(0) = result.terminationStatus { return }
            words = result.standardError
        }
        throw CommandError(
            "the rules of the firewall cannot be removed: \(words)",
            remedy: "nft delete table inet \(table); rm \(layout.firewallMark)")
    }

    /// What becomes of steps is told, and no reason not to be up.
    func tellFirewall(_ progress: inout StackProgress) {
        do {
            guard let record = try ProcessRecord.load(layout.record(Self.firewall)) else { return }
            DetachedProcess.reap(record)
            if record.isAlive {
                progress.set(Self.firewall, "keeps steps' containers from this stack", .good)
            } else {
                let last = LogTail.lines(of: layout.log(Self.firewall), count: 1).first ?? ""
                progress.set(Self.firewall, "does not keep steps' containers from this stack: \(last)", .bad)
            }
        } catch {
            progress.set(Self.firewall, "\(error)", .bad)
        }
    }
}
