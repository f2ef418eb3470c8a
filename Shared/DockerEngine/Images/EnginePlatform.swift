import HTTPClient

/// What an engine runs and builds images for, such as `linux/amd64`.
public struct EnginePlatform: Sendable, Hashable, CustomStringConvertible {
    public var system: String
    /// In Go's words, as images name it: `amd64`, not `x86_64`.
    public var architecture: String
    /// Such as `v7`.
    public var variant: String?

    public init(system: String, architecture: String, variant: String? = nil) {
        self.system = system
        self.architecture = architecture
        self.variant = variant
    }

    /// `system/architecture[/variant]`, with the names that other tools have for architectures.
    /// - Returns: `nil` for a text that is none.
    public init?(_ text: String) {
        let parts = text.lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), !parts.contains("") else { return nil }
        let known = ["x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "i386": "386", "armhf": "arm"]
        self.init(
            system: parts[0], architecture: known[parts[1]] ?? parts[1], variant: parts.count == 3 ? parts[2] : nil)
    }

    public var description: String { ([system, architecture] + [variant].compactMap { $0 }).joined(separator: "/") }

    /// Whether an engine of this platform runs programs of another one.
    /// - Parameter isEmulated: Whether the machine's kernel has an emulator for an architecture.
    public func runs(_ other: EnginePlatform, isEmulated: (String) -> Bool = { _ in false }) -> Bool {
        guard system == other.system else { return false }
        switch (architecture, other.architecture) {
        case (let own, let wanted) where own == wanted: return true
        case ("amd64", "386"), ("arm64", "arm"): return true
        case (_, let wanted): return isEmulated(wanted)
        }
    }
}

extension DockerEngine {
    private struct VersionDocument: Decodable {
        var os: String
        var arch: String
    }

    private struct InformationDocument: Decodable {
        var memTotal: Int64?
    }

    /// The memory of the engine's machine in bytes; 0 where the engine does not know.
    /// - Throws: ``DockerError`` where the engine does not tell.
    public func memory() async throws(DockerError) -> Int64 {
        try await fetch(InformationDocument.self, Call(.get, "/info", "the engine's machine")).memTotal ?? 0
    }

    /// What the engine runs and builds images for.
    /// - Throws: ``DockerError`` where the engine does not tell.
    public func platform() async throws(DockerError) -> EnginePlatform {
        let version = try await fetch(VersionDocument.self, Call(.get, "/version", "the engine's platform"))
        return EnginePlatform("\(version.os)/\(version.arch)")
            ?? EnginePlatform(system: version.os, architecture: version.arch)
    }
}
