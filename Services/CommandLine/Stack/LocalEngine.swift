import Glibc

/// The Docker Engine of this machine, as far as a local stack has to know it: where it listens.
enum LocalEngine {
    /// The socket of the engine that a person's own `docker` would speak to; `nil` if none takes connections.
    static func socket(environment: [String: String]) -> String? {
        candidates(environment: environment).first(where: answers)
    }

    static func candidates(environment: [String: String]) -> [String] {
        let scheme = "unix://"
        if let host = environment["DOCKER_HOST"].nonEmpty {
            // Who names one means that one. Services speak to a socket of this machine only.
            return host.hasPrefix(scheme) ? [String(host.dropFirst(scheme.count))] : []
        }
        return ["/var/run/docker.sock"] + (environment["XDG_RUNTIME_DIR"].nonEmpty.map { ["\($0)/docker.sock"] } ?? [])
    }

    private static func answers(_ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8CString)
        guard bytes.count <= MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { target in
            bytes.withUnsafeBytes { target.copyMemory(from: $0) }
        }
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}
