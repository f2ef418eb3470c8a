import HTTPClient

/// What the engine tells while it builds, pulls or pushes.
public struct EngineProgress: Sendable, Hashable {
    /// Output of a build, as it comes: pieces of lines, with their line breaks.
    public var stream: String?
    /// What happens to a layer, such as `Pushed`.
    public var status: String?
    /// The layer.
    public var id: String?
    /// Bytes done and in all, where the engine knows.
    public var current: Int64?
    public var total: Int64?
}

/// One object of the engine's progress stream.
struct ProgressMessage: Decodable {
    struct Detail: Decodable {
        var current: Int64?
        var total: Int64?
    }
    struct Problem: Decodable {
        var code: Int?
        var message: String?
    }
    /// `ID` of a built image, `Digest` of a pushed one.
    struct Result: Decodable {
        var id: String?
        var digest: String?
        var tag: String?
    }

    var stream: String?
    var status: String?
    var id: String?
    var progressDetail: Detail?
    var errorDetail: Problem?
    var error: String?
    var aux: Result?

    var problem: String? { errorDetail?.message ?? error }
}

extension DockerEngine {
    /// Reads the progress of a call to its end, which alone tells whether it went well: the status came before.
    /// - Returns: The last result it told.
    func follow(
        _ call: Call, failingAs code: DockerError.Code, onProgress: @Sendable (EngineProgress) async throws -> Void
    ) async throws -> ProgressMessage.Result? {
        let response = try await send(call)
        var splitter = JSONObjectSplitter()
        var result: ProgressMessage.Result?
        var body = response.body.makeAsyncIterator()
        while true {
            let piece: [UInt8]?
            do {
                piece = try await body.next()
            } catch {
                throw DockerError(error, call.subject, engine: socketPath)
            }
            guard let piece else { break }
            for object in splitter.take(piece) {
                let message: ProgressMessage
                do {
                    message = try EngineDocument.decode(ProgressMessage.self, from: object)
                } catch {
                    throw DockerError(
                        .protocolViolation, "\(call.subject): the engine's progress is not what its API says",
                        cause: error)
                }
                if let problem = message.problem {
                    throw DockerError(Self.code(of: problem, else: code), "\(call.subject): \(problem)")
                }
                if let told = message.aux { result = told }
                if message.stream != nil || message.status != nil {
                    try await onProgress(
                        EngineProgress(
                            stream: message.stream, status: message.status, id: message.id,
                            current: message.progressDetail?.current, total: message.progressDetail?.total))
                }
            }
        }
        guard !splitter.isInside else {
            throw DockerError(.protocolViolation, "\(call.subject): the engine's answer was cut off")
        }
        return result
    }

    /// The engine passes on a registry's refusal as text only.
    private static func code(of problem: String, else code: DockerError.Code) -> DockerError.Code {
        guard code == .transferFailed else { return code }
        let words = problem.lowercased()
        if words.contains("unauthorized") || words.contains("authentication required")
            || words.contains("no basic auth credentials") || words.contains("denied")
        {
            return .unauthorized
        }
        if words.contains("manifest unknown") || words.contains("not found") { return .notFound }
        return code
    }
}
