import Glibc
import Threading

extension DockerEngine {
    /// The bytes of a small file of a build context, or `nil` if there is none. A link is followed within the context.
    static func read(_ path: String, in folder: String) throws(DockerError) -> [UInt8]? {
        let descriptor: Int32
        do {
            descriptor = try OpenFolder(folder).open(path, O_RDONLY | O_NONBLOCK)
        } catch {
            if error.isMissing { return nil }
            throw DockerError(
                .context,
                error.leadsOut
                    ? "“\(path)” leads out of the build context"
                    : "“\(path)” cannot be read (\(String(cString: strerror(error.code))))")
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
}
