import Crypto
import DockerEngine
import Worker

/// Tells whether two containers are made of the same: the image by its digest and everything else the engine is told.
enum Fingerprint {
    static func of(_ specification: ContainerSpecification) throws(JobFailure) -> String {
        let bytes: [UInt8]
        do {
            bytes = try specification.canonical()
        } catch {
            throw JobFailure("\(error)")
        }
        return SHA256.hash(data: bytes).map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0\(digits)" : digits
        }.joined()
    }
}
