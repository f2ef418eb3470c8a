import Contracts
public import Logging
public import Measures
import Synchronization
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What `/metrics` shows that is looked up when somebody asks: what a table holds, what is free on a disk. Nothing is
/// counted while nobody asks.
public final class Collectors: Sendable {
    /// Looks up some values.
    public typealias Collector = @Sendable () async throws -> [Sample]

    private let collectors: Mutex<[Collector]>

    /// - Parameters:
    ///   - service: whose version is told.
    ///   - data: the folder whose disk is told of; `nil` for a service that keeps nothing.
    public init(ofService service: String, data: String?) {
        var collectors: [Collector] = [{ [Sample(.build, service, "\(Version.current)", is: 1)] }]
        if let data { collectors.append { try Self.disk(of: data) } }
        self.collectors = Mutex(collectors)
    }

    /// Adds some that are looked up.
    public func add(_ collector: @escaping Collector) { collectors.withLock { $0.append(collector) } }

    /// All that can be looked up now. What cannot is absent, and logged.
    public func samples(logger: Logger) async -> [Sample] {
        var samples: [Sample] = []
        for collector in collectors.withLock({ $0 }) {
            do {
                samples += try await collector()
            } catch {
                logger.warning("some metrics cannot be looked up", metadata: ["error": "\(error)"])
            }
        }
        return samples
    }

    private static func disk(of folder: String) throws -> [Sample] {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { throw Errno(rawValue: errno) }
        let block = Double(status.f_frsize)
        return [
            // What is kept for root is not the service's.
            Sample(.diskFree, folder, is: Double(status.f_bavail) * block),
            Sample(.diskSize, folder, is: Double(status.f_blocks) * block),
        ]
    }
}
