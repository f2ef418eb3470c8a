import Crypto
import DockerEngine
import Text
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
        return Hex.encode(SHA256.hash(data: bytes))
    }
}
