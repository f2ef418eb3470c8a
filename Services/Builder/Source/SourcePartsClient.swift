import Contracts
import FoundationEssentials
import Git
import HTTPClient

/// Asks sync for what belongs to a commit beside its own objects; see `SourceParts`.
struct SourcePartsClient: Sendable {
    let http: HTTPClient
    /// The certificate authorities trusted; `nil`: the system's.
    let authorities: HTTPRequest.TLS.PEM?

    /// Bytes of one line of the answer.
    private static let lineLimit = 1 << 20

    /// - Parameters:
    ///   - mirror: its address, such as `http://sync:8081/shop/web.git`.
    ///   - timeout: for all of it. Sync tells every few seconds that it is at work.
    ///   - waits: told what sync waits for.
    /// - Returns: the submodules, each after the one it lies in.
    /// - Throws: `GitError`, with the code of what went wrong at sync.
    func parts(
        of commit: String, submodules: Bool, largeFiles: Bool, mirror: String, token: String?, timeout: Duration,
        waits: @Sendable (String) -> Void
    ) async throws(GitError) -> [SourceParts.Submodule] {
        var request = HTTPRequest(
            .get, "\(mirror)/parts?commit=\(commit)&submodules=\(submodules)&lfs=\(largeFiles)", totalTimeout: timeout)
        request.authentication = token.map { .bearer($0) }
        request.tls = authorities.map { HTTPRequest.TLS(authorities: $0) }
        do {
            let response = try await http.send(request)
            guard response.isSuccess else { throw try await Self.refusal(response) }
            return try await read(response, waits)
        } catch let error as GitError {
            throw error
        } catch let error as HTTPClientError {
            throw GitError(
                error.code == .cancelled ? .cancelled : .unreachable,
                "the mirror cannot be asked for submodules and LFS files: \(error)")
        } catch {
            throw GitError(.failed, "the mirror's answer cannot be read: \(error)")
        }
    }

    private func read(
        _ response: HTTPResponse, _ waits: @Sendable (String) -> Void
    ) async throws -> [SourceParts.Submodule] {
        var line: [UInt8] = []
        for try await piece in response.body {
            for part in piece.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
                if part.offset > 0 {
                    if let parts = try parts(line, waits) { return parts }
                    line = []
                }
                line += part.element
                guard line.count <= Self.lineLimit else { throw GitError(.tooLarge, "the mirror's answer is too long") }
            }
        }
        throw GitError(.unreachable, "the mirror's answer ended early")
    }

    /// - Returns: `nil` for a line that only tells what is waited for.
    private func parts(
        _ line: [UInt8], _ waits: @Sendable (String) -> Void
    ) throws -> [SourceParts.Submodule]? {
        let parts = try Wire.decode(SourceParts.self, from: Data(line))
        if let waiting = parts.waiting { waits("waits for its source: \(waiting)") }
        if let problem = parts.problem {
            throw GitError(GitError.Code(rawValue: problem.code) ?? .failed, problem.description)
        }
        return parts.submodules
    }

    private static func refusal(_ response: HTTPResponse) async throws -> GitError {
        switch response.status {
        case 401: return GitError(.authentication, "the mirror refuses the job's token")
        case 404:
            return GitError(.failed, "the mirror has no submodules and LFS files; is sync older than this builder?")
        case let status:
            let text = String(decoding: try await response.body.collect(upTo: 64 * 1024), as: UTF8.self)
            return GitError(
                status >= 500 ? .unreachable : .failed, "the mirror answers \(status): \(text.prefix(500))")
        }
    }
}
