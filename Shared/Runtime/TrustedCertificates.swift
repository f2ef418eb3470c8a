import FoundationEssentials
import Glibc
public import Logging
public import ServiceLifecycle
import Synchronization

/// The certificate authorities a service trusts where ``CommonSettings/certificateAuthority`` adds one: those
/// of the system and that one, together in a file of the service's.
///
/// It is a service, which looks every few seconds whether the added file has changed and then writes the service's file
/// again: an authority is renewed without a restart. A new file that is no PEM leaves the one of before in use, and the log
/// and `/readyz` say so.
public final class TrustedCertificates: Service {
    private struct State {
        var stamp: FileStamp?
        /// Why the file there is now is not in use.
        var problem: String?
    }

    /// The file with all of them, in PEM form.
    public let path: String
    /// The file that is looked at; `nil` where the authority is not in one.
    private let added: String?
    private let systemFiles: [String]
    private let interval: Duration
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameter folder: where the service's file is written.
    /// - Returns: `nil` where none is added: then each program's own choice holds.
    /// - Throws: ``SettingsError`` for the setting, or why a file cannot be read or written.
    public convenience init?(
        _ settings: Settings, in folder: String, _ readiness: Readiness, logger: Logger
    ) throws {
        let setting = CommonSettings.certificateAuthority
        guard let text = try settings.optional(setting) else { return nil }
        try self.init(
            adding: text, from: settings.file(of: setting), in: folder, systemFiles: Self.systemFiles, logger: logger)
        readiness.add("certificate authority", isNeeded: false) { [weak self] in self?.problem }
    }

    init(
        adding text: String, from file: String?, in folder: String, systemFiles: [String],
        every interval: Duration = .seconds(5), logger: Logger
    ) throws {
        path = "\(folder)/certificates.pem"
        added = file
        self.systemFiles = systemFiles
        self.interval = interval
        self.logger = logger
        state = Mutex(State(stamp: file.flatMap { FileStamp($0) }))
        try write(text)
    }

    /// What is wrong with the added file, or `nil`.
    public var problem: String? { state.withLock(\.problem) }

    /// Looks at the added file until the service ends.
    public func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                do { try await Task.sleep(for: interval) } catch { return }
                refresh()
            }
        }
    }

    /// Reads the added file again where it has changed.
    func refresh() {
        guard let added else { return }
        let stamp = FileStamp(added)
        guard state.withLock({ $0.stamp != stamp || $0.problem != nil }) else { return }
        do {
            try write(try CommonSettings.certificateAuthority.parse(Self.read(added)))
            state.withLock { $0 = State(stamp: stamp) }
            logger.notice("the certificate authority was read again", metadata: ["path": "\(added)"])
        } catch {
            let reason =
                access(added, R_OK) != 0
                ? String(cString: strerror(errno))
                : (error as? SettingProblem).map { "it is not \($0.expected)" } ?? "\(error)"
            let text = "the new file \(added) is not in use, the one of before is: \(reason)"
            let isNew = state.withLock { state in
                defer { state = State(stamp: stamp, problem: text) }
                return state.problem != text
            }
            if isNew {
                logger.error("the certificate authority cannot be read again", metadata: ["error": "\(reason)"])
            }
        }
    }

    /// It appears in one step.
    private func write(_ text: String) throws {
        let system = systemFiles.first { FileManager.default.isReadableFile(atPath: $0) }
        let texts = try [system.map(Self.read) ?? "", text].filter { !$0.isEmpty }
        try Data((texts.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path), options: .atomic)
    }

    private static func read(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }

    /// Where distributions keep theirs: Debian, Fedora, SUSE, Alpine.
    private static let systemFiles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]
}
