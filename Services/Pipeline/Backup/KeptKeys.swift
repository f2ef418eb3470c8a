import Contracts
import Crypto
import CryptoExtras
import FoundationEssentials
import Glibc

/// The files of an installation's keys, as an archive has them: as they are, or sealed with a passphrase (scrypt, AES-GCM).
struct KeptKeys: Sendable, Equatable {
    /// The content of each file, by its name.
    var files: [String: String]

    /// The longest file of keys, and how many there are at most.
    private static let longest = 64 << 10
    private static let most = 1_000

    /// The files of a folder that `slipway keys make` makes.
    /// - Throws: ``BackupError`` where there is no key of the platform's.
    init(folder: String, needing platform: String) throws {
        var files: [String: String] = [:]
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw BackupError("the folder of the keys, \(folder), cannot be listed: \(error)")
        }
        for name in names.sorted() where ["hook-key", "mirror-key"].contains(name) || name.hasPrefix("seal-keys") {
            var status = stat()
            guard lstat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG,
                status.st_size <= Self.longest, !name.hasSuffix(".new")
            else { continue }
            files[name] = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
        }
        guard files[platform] != nil, files.count <= Self.most else {
            throw BackupError(
                "\(folder) has no \(platform): give the folder that slipway keys make, slipway up or compose made")
        }
        self.files = files
    }

    private struct Sealed: Codable {
        var exponent: Int
        var blockSize: Int
        var parallelism: Int
        var salt: Data
        var box: Data
    }

    /// As an archive has them.
    func bytes(sealedWith passphrase: String?) throws -> [UInt8] {
        let plain = try Wire.encode(files)
        guard let passphrase else { return Array(plain) }
        var generator = SystemRandomNumberGenerator()
        let salt = Data((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        var sealed = Sealed(exponent: 15, blockSize: 8, parallelism: 3, salt: salt, box: Data())
        guard let box = try AES.GCM.seal(plain, using: Self.key(passphrase, sealed)).combined else {
            throw BackupError("the keys cannot be sealed")
        }
        sealed.box = box
        return Array(try Wire.encode(sealed))
    }

    /// Those of an archive.
    /// - Parameter passphrase: `nil` where they are not sealed.
    /// - Throws: ``BackupError`` for another passphrase than theirs.
    init(_ bytes: [UInt8], sealedWith passphrase: String?) throws {
        var plain = Data(bytes)
        if let passphrase {
            do {
                let sealed = try Wire.decode(Sealed.self, from: plain)
                guard (1...20).contains(sealed.exponent), (1...16).contains(sealed.blockSize),
                    (1...16).contains(sealed.parallelism)
                else { throw BackupError("what the keys are sealed with takes more memory than is reasonable") }
                plain = try AES.GCM.open(
                    AES.GCM.SealedBox(combined: sealed.box), using: Self.key(passphrase, sealed))
            } catch let error as BackupError {
                throw error
            } catch {
                throw BackupError(
                    "the keys in the archive do not open: the passphrase is not the one they were sealed with")
            }
        }
        files = try Wire.decode([String: String].self, from: plain)
        guard files.keys.allSatisfy({ !$0.isEmpty && !$0.contains("/") && $0 != "." && $0 != ".." }) else {
            throw BackupError("the names of the keys in the archive are none of files")
        }
    }

    private static func key(_ passphrase: String, _ sealed: Sealed) throws -> SymmetricKey {
        try KDF.Scrypt.deriveKey(
            from: Array(passphrase.utf8), salt: Array(sealed.salt), outputByteCount: 32, rounds: 1 << sealed.exponent,
            blockSize: sealed.blockSize, parallelism: sealed.parallelism)
    }

    /// Those that a folder has with another content.
    func conflicts(in folder: String) -> [String] {
        files.keys.sorted().filter { name in
            guard access("\(folder)/\(name)", F_OK) == 0 else { return false }
            return (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) != files[name]
        }
    }

    /// Writes those that a folder lacks, for their owner alone.
    func write(to folder: String, _ write: (_ path: String, _ text: String) throws -> Void) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for (name, content) in files.sorted(by: { $0.key < $1.key }) where access("\(folder)/\(name)", F_OK) != 0 {
            var text = content
            while text.hasSuffix("\n") { text.removeLast() }
            try write("\(folder)/\(name)", text)
        }
        try ArchiveWriter.synchronize(folder)
    }
}
