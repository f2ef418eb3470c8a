import FoundationEssentials
import Git

/// Git LFS' batch API, of which only the download is there: what a client asks for and what it is told
/// (https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md).
enum LargeFileBatch {
    static let contentType = "application/vnd.git-lfs+json"

    struct Request: Decodable {
        var operation: String
        var objects: [File]
    }

    struct File: Codable {
        var oid: String
        var size: Int64
        var authenticated: Bool?
        var actions: Actions?
        var error: Failure?
    }

    struct Actions: Codable {
        var download: Download
    }

    struct Download: Codable {
        var href: String
    }

    struct Failure: Codable {
        var code: Int
        var message: String
    }

    struct Reply: Encodable {
        var transfer = "basic"
        var objects: [File]
        var hashAlgorithm = "sha256"

        enum CodingKeys: String, CodingKey {
            case transfer, objects
            case hashAlgorithm = "hash_algo"
        }
    }

    /// The client sends the header it was let in with again: told here, it would send it twice.
    /// - Parameter address: of the mirror, as builders reach it.
    static func reply(to request: Request, of mirror: Mirror, address: String) -> Reply {
        Reply(
            objects: request.objects.map { wanted in
                guard let file = mirror.largeFile(wanted.oid) else {
                    return File(
                        oid: wanted.oid, size: wanted.size,
                        error: Failure(code: 404, message: "the mirror does not have this file"))
                }
                return File(
                    oid: wanted.oid, size: file.size, authenticated: true,
                    actions: Actions(download: Download(href: "\(address)/info/lfs/files/\(wanted.oid)")))
            })
    }
}
