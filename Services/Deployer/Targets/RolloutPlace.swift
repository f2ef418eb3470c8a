import DockerEngine
import HTTPClient
import Logging
import Runtime

/// What a target is made with.
struct RolloutPlace: Sendable {
    /// The name pipelines give it, with its address where it has one.
    var cluster: ClusterSetting
    /// Whether it is what a pipeline means that names no cluster.
    var isDefault: Bool
    /// The setting that its address came from.
    var variable: String
    var settings: Settings
    /// How long a rollout may take whose step says nothing.
    var timeout: Duration
    /// The name of the worker, the same for each of its lives.
    var worker: String
    var http: HTTPClient
    var registry: RegistryClient
    var logger: Logger
}

/// A cluster or host: `name=address` or `name`.
struct ClusterSetting: Sendable, Equatable, CustomStringConvertible {
    var name: String
    /// Where it is, in the words of its kind of target.
    var address: String?

    init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        name = String(parts[0]).filter { !$0.isWhitespace }
        address = parts.count == 2 ? String(parts[1]) : nil
        if address == "" { address = nil }
        let isName = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-") || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        }
        guard !name.isEmpty, isName else { return nil }
    }

    init(name: String, address: String?) {
        self.name = name
        self.address = address
    }

    var description: String { address.map { "\(name)=\($0)" } ?? name }
}
