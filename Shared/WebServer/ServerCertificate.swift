import Glibc
public import Logging
public import NIOCore
import NIOSSL
public import Runtime
public import ServiceLifecycle
import Synchronization

/// The certificate and the private key that a listener shows, from PEM files that are read again when they change: a
/// renewal needs no restart. Files that cannot be used leave those of before in use, and say so in the log and in
/// `/readyz`. It is a service, which looks at the files every few seconds.
public final class ServerCertificate: Service {
    private struct State {
        var context: NIOSSLContext
        var stamps: [FileStamp?]
        /// Why the files there are now are not in use.
        var problem: String?
        var expiry: Int
    }

    private let certificate: String
    private let key: String
    private let interval: Duration
    private let logger: Logger
    private let state: Mutex<State>

    /// - Returns: `nil` where none is set: the listener speaks plain HTTP.
    /// - Throws: `SettingsError` where only one of the two is set, or they cannot be used.
    public convenience init?(_ settings: Settings, _ readiness: Readiness, logger: Logger) throws {
        let certificate = try settings.optional(CommonSettings.tlsCertificateFile)
        let key = try settings.optional(CommonSettings.tlsKeyFile)
        if certificate == nil, key == nil { return nil }
        // Whichever is missing is named.
        try self.init(
            certificate: certificate ?? settings.value(CommonSettings.tlsCertificateFile),
            key: key ?? settings.value(CommonSettings.tlsKeyFile), logger: logger)
        readiness.add("TLS certificate", isNeeded: false) { [weak self] in self?.problem }
    }

    init(
        certificate: String, key: String, every interval: Duration = .seconds(5), logger: Logger
    ) throws(SettingsError) {
        self.certificate = certificate
        self.key = key
        self.interval = interval
        self.logger = logger
        do {
            let stamps = [FileStamp(certificate), FileStamp(key)]
            let (context, expiry) = try Self.load(certificate, key)
            state = Mutex(State(context: context, stamps: stamps, expiry: expiry))
        } catch {
            throw SettingsError(
                setting: CommonSettings.tlsCertificateFile.variable,
                message: "\(CommonSettings.tlsCertificateFile.variable) and \(CommonSettings.tlsKeyFile.variable): "
                    + "\(error)",
                remedy: "name two PEM files that this service's user may read: the certificate followed by those that "
                    + "signed it, and its private key")
        }
    }

    /// What is wrong with it, or `nil`.
    public var problem: String? {
        state.withLock { state in
            if let problem = state.problem { return problem }
            return state.expiry < time(nil) ? "the certificate in \(certificate) has expired" : nil
        }
    }

    /// Looks at the files until the service ends.
    public func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                do { try await Task.sleep(for: interval) } catch { return }
                refresh()
            }
        }
    }

    /// Reads the files again where they have changed. A pair that cannot be used is tried again, since its second file may
    /// be written a moment after its first.
    func refresh() {
        let stamps = [FileStamp(certificate), FileStamp(key)]
        guard state.withLock({ $0.stamps != stamps || $0.problem != nil }) else { return }
        do {
            let (context, expiry) = try Self.load(certificate, key)
            state.withLock { $0 = State(context: context, stamps: stamps, expiry: expiry) }
            logger.notice("the certificate was read again", metadata: ["path": "\(certificate)"])
        } catch {
            let text = "the new files are not in use, those of before are: \(error)"
            let isNew = state.withLock { state in
                defer { (state.problem, state.stamps) = (text, stamps) }
                return state.problem != text
            }
            if isNew { logger.error("the certificate cannot be read again", metadata: ["error": "\(error)"]) }
        }
    }

    /// Has a connection speak TLS; to be called before any other handler is added.
    /// - Throws: why the handler cannot be added.
    public func secure(_ pipeline: ChannelPipeline.SynchronousOperations) throws {
        try pipeline.addHandler(NIOSSLServerHandler(context: state.withLock(\.context)))
    }

    private static func load(_ certificate: String, _ key: String) throws -> (NIOSSLContext, expiry: Int) {
        let chain = try reading(certificate) { try NIOSSLCertificate.fromPEMFile($0) }
        guard let own = chain.first else { throw CertificateProblem("the file \(certificate) has no certificate") }
        let privateKey = try reading(key) { try NIOSSLPrivateKey(file: $0, format: .pem) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            return (try NIOSSLContext(configuration: configuration), Int(own.notValidAfter))
        } catch {
            throw CertificateProblem("the key in \(key) is not that of the certificate in \(certificate)")
        }
    }

    private static func reading<Value>(_ path: String, _ body: (String) throws -> Value) throws -> Value {
        guard access(path, R_OK) == 0 else {
            throw CertificateProblem("the file \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        do {
            return try body(path)
        } catch {
            throw CertificateProblem("the file \(path) is no PEM file of that kind")
        }
    }
}

private struct CertificateProblem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension CommonSettings {
    public static let tlsCertificateFile = Setting<String>.text(
        "tls.certificate.file",
        "a PEM file with the certificate that this service's address is served with over TLS, followed by those that "
            + "signed it; read again when it changes. Plain HTTP if absent",
        example: "/etc/slipway/tls.crt")
    public static let tlsKeyFile = Setting<String>.text(
        "tls.key.file", "a PEM file with the private key of that certificate", example: "/etc/slipway/tls.key")
}
