import Glibc

extension DockerEngine {
    /// The bytes of a small file of a build context, or `nil` if there is none. A link is followed within the context.
    static func read(_ path: String, in folder: String) throws(DockerError) -> [UInt8]? {
        guard let root = real(folder), let target = real("\(folder)/\(path)") else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw DockerError(.context, "“\(path)” cannot be read (\(String(cString: strerror(errno))))")
        }
        guard target.hasPrefix(root + "/") else {
            throw DockerError(.context, "“\(path)” leads out of the build context")
        }
        let descriptor = open(target, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw DockerError(.context, "“\(path)” cannot be read (\(String(cString: strerror(errno))))")
        }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 * 1024)
        while text.count <= 1 << 20 {
            let count = Glibc.read(descriptor, &piece, piece.count)
            guard count >= 0 else {
                throw DockerError(.context, "“\(path)” cannot be read (\(String(cString: strerror(errno))))")
            }
            if count == 0 { return text }
            text += piece.prefix(count)
        }
        throw DockerError(.context, "“\(path)” is larger than 1 MiB")
    }

    /// Without links; `nil` with `errno` if there is no such file.
    private static func real(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }
}
