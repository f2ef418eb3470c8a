import Contracts
import Git
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// `GET /<path>.git/parts?commit=<id>&submodules=true&lfs=true`: see `SourceParts`. The answer's lines keep the
/// connection alive while sync fetches; a builder that goes away ends the fetch.
extension MirrorRoutes {
    /// After so long a line says what is waited for, and then each time it has changed.
    private static let interval = Duration.seconds(5)

    func answerParts(_ wanted: PartsRequest) -> Response {
        let (parts, logger) = (parts, logger)
        return Response(
            status: .ok, headers: headers("application/x-ndjson"),
            body: .init { writer in
                let (lines, continuation) = AsyncStream.makeStream(of: SourceParts.self)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        defer { continuation.finish() }
                        continuation.yield(
                            try await Self.parts(wanted, parts, logger) { text in
                                continuation.yield(SourceParts(waiting: text))
                            })
                    }
                    // A connection that is gone ends this, and with it the fetch.
                    for await line in lines {
                        try await writer.write(ByteBuffer(bytes: try Wire.encode(line) + [UInt8(ascii: "\n")]))
                    }
                    try await group.waitForAll()
                }
                try await writer.finish(nil)
            })
    }

    private static func parts(
        _ wanted: PartsRequest, _ fetcher: PartsFetcher, _ logger: Logger,
        tell: @escaping @Sendable (String) -> Void
    ) async throws -> SourceParts {
        do {
            let submodules = try await FetchActivity.watching(
                every: interval, repeats: true, work: { try await fetcher.fetch(wanted, activity: $0) }, tell: tell)
            return SourceParts(submodules: submodules)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            logger.warning(
                "the parts of a commit cannot be fetched",
                metadata: [
                    "repository": "\(wanted.repository)", "commit": "\(wanted.commit)", "error": "\(error)",
                ])
            return SourceParts(problem: problem(error))
        }
    }

    /// With the codes of `GitError`: a builder knows by them what to try again.
    private static func problem(_ error: any Error) -> Problem {
        switch error {
        case let problem as Problem: problem
        case let problem as SyncProblem: Problem(code: problem.code.rawValue, message: problem.reason)
        case let error as NoSlot: Problem(code: GitError.Code.unreachable.rawValue, message: "\(error)")
        default: Problem(code: GitError.Code.failed.rawValue, message: "\(error)")
        }
    }
}
