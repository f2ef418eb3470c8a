import HTTPClient
import Text

extension DockerEngine {
    private struct ExecutionDocument: Encodable {
        var attachStdout = true
        var attachStderr = true
        var cmd: [String]
        var workingDir: String?
    }

    private struct CreatedExecution: Decodable {
        var id: String
    }

    private struct StartDocument: Encodable {
        var detach = false
        var tty = false
    }

    private struct Execution: Decodable {
        var exitCode: Int32?
    }

    /// Runs a command in a container that runs, to its end; what it writes is dropped.
    /// - Parameter directory: Where it runs; the container's own if `nil`.
    /// - Returns: Its exit code.
    /// - Throws: ``DockerError``: `notFound`, `conflict` where the container does not run.
    public func execute(
        _ command: [String], in container: String, directory: String? = nil
    ) async throws(DockerError) -> Int32 {
        let subject = "command in container \(container)"
        let create = Call(.post, "/containers/\(PercentCoding.encode(container))/exec", subject)
        let document = ExecutionDocument(cmd: command, workingDir: directory)
        let id = try await fetch(CreatedExecution.self, try create.with(json: document)).id
        var start = Call(.post, "/exec/\(PercentCoding.encode(id))/start", subject)
        start.timeout = nil
        let response = try await send(try start.with(json: StartDocument()))
        var output = ContainerLog(body: response.body, subject: subject, socketPath: socketPath).makeAsyncIterator()
        while try await output.next() != nil {}
        let ended = try await fetch(Execution.self, Call(.get, "/exec/\(PercentCoding.encode(id))/json", subject))
        return ended.exitCode ?? -1
    }
}
