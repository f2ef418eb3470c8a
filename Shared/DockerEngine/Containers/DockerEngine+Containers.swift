import FoundationEssentials
import HTTPClient
import Text

extension DockerEngine {
    private struct Created: Decodable {
        var id: String
    }

    /// Makes a container; it does not run yet.
    /// - Parameter name: Picked by the engine if `nil`.
    /// - Returns: Its id.
    /// - Throws: `notFound` if its image is not there, `conflict` if the name is taken.
    public func createContainer(
        _ container: ContainerSpecification, name: String? = nil
    ) async throws(DockerError) -> String {
        let call = Call(
            .post, "/containers/create", "container \(name ?? container.image)",
            query: name.map { [("name", $0)] } ?? [])
        let id = try await fetch(Created.self, try call.with(json: ContainerDocument(container))).id
        do {
            for network in container.moreNetworks {
                try await connect(id, to: network, addresses: container.addresses[network])
            }
        } catch {
            try await removeContainer(id)
            throw error
        }
        return id
    }

    /// Starts a container. One that runs already is no error.
    /// - Throws: ``DockerError``: `notFound`, `conflict` where a port or a name is taken, `engine` where its program cannot be started.
    public func startContainer(_ id: String) async throws(DockerError) {
        var call = Call(.post, "/containers/\(PercentCoding.encode(id))/start", "start of container \(id)")
        call.alsoFine = [304]
        try await perform(call)
    }

    /// What a container writes from now on until it ends, straight from its pipes: nothing is lost at the end, as it is
    /// with a log that is followed, and no log driver is needed. Call it before ``startContainer(_:)``.
    /// - Throws: ``DockerError`` `notFound`.
    public func attach(to id: String) async throws(DockerError) -> ContainerLog {
        var call = Call(
            .post, "/containers/\(PercentCoding.encode(id))/attach", "output of container \(id)",
            query: [("stream", "1"), ("stdout", "1"), ("stderr", "1")])
        call.timeout = nil
        let response = try await send(call)
        return ContainerLog(body: response.body, subject: call.subject, socketPath: socketPath)
    }

    /// What the engine has kept of a container's output, from its beginning.
    ///
    /// A log that is followed can lack its last lines when the container ends; see ``attach(to:)``.
    /// - Parameters:
    ///   - follow: `false`: only what there is now.
    ///   - tail: Only so many of the last lines.
    /// - Throws: ``DockerError`` `notFound`.
    public func log(
        of id: String, follow: Bool = true, tail: Int? = nil
    ) async throws(DockerError) -> ContainerLog {
        var call = Call(
            .get, "/containers/\(PercentCoding.encode(id))/logs", "log of container \(id)",
            query: [("stdout", "1"), ("stderr", "1"), ("follow", follow ? "1" : "0")])
        if let tail { call.query.append(("tail", "\(tail)")) }
        call.timeout = nil
        let response = try await send(call)
        return ContainerLog(body: response.body, subject: call.subject, socketPath: socketPath)
    }

    /// Asks to be told when a container ends. It has been heard when this returns, so that not even the shortest run is
    /// missed: call it before ``startContainer(_:)``.
    /// - Throws: ``DockerError`` `notFound`.
    public func awaitExit(of id: String) async throws(DockerError) -> ContainerExit {
        var call = Call(
            .post, "/containers/\(PercentCoding.encode(id))/wait", "wait for container \(id)",
            query: [("condition", "next-exit")])
        call.timeout = nil
        return ContainerExit(response: try await send(call), call: call, engine: self)
    }

    /// A container, running or not.
    /// - Parameter id: its id or its name.
    /// - Throws: ``DockerError`` `notFound`.
    public func inspectContainer(_ id: String) async throws(DockerError) -> ContainerDetails {
        try await fetch(
            ContainerDetails.self,
            Call(.get, "/containers/\(PercentCoding.encode(id))/json", "container \(id)"))
    }

    /// Whether there is a file, directory or link in a container's file system, running or not. What is mounted is seen
    /// while it runs only.
    /// - Parameters:
    ///   - path: absolute, as the container sees it.
    ///   - id: the container's id or its name.
    /// - Throws: ``DockerError`` where the engine does not tell.
    public func hasFile(_ path: String, in id: String) async throws(DockerError) -> Bool {
        let call = Call(
            .head, "/containers/\(PercentCoding.encode(id))/archive", "\(path) in container \(id)",
            query: [("path", path)])
        do {
            try await perform(call)
            return true
        } catch  where error.code == .notFound {
            return false
        }
    }

    private struct PathStatus: Decodable {
        var linkTarget: String
    }

    /// Where a link in a container's file system leads, with what is mounted there, running or not; empty for a file or a
    /// folder, `nil` where there is nothing.
    /// - Parameters:
    ///   - path: absolute, as the container sees it. Links before its last part are followed within the container.
    ///   - id: the container's id or its name.
    /// - Throws: ``DockerError`` where the engine does not tell.
    public func link(_ path: String, in id: String) async throws(DockerError) -> String? {
        let call = Call(
            .head, "/containers/\(PercentCoding.encode(id))/archive", "\(path) in container \(id)",
            query: [("path", path)])
        do {
            let response = try await send(call)
            _ = try await collect(response, call)
            guard let text = response.headers["X-Docker-Container-Path-Stat"], let bytes = Data(base64Encoded: text)
            else { throw DockerError(.protocolViolation, "\(call.subject): the engine says nothing of the path") }
            return try EngineDocument.decode(PathStatus.self, from: Array(bytes)).linkTarget
        } catch let error as DockerError {
            if error.code == .notFound { return nil }
            throw error
        } catch {
            throw DockerError(
                .protocolViolation, "\(call.subject): the engine's answer is not its status", cause: error)
        }
    }

    /// Gives folders of a container, and of what is mounted there, to a user who alone may look into them. The engine does
    /// it by itself: the container does not have to run, and nothing of its image does.
    /// - Parameters:
    ///   - paths: relative to `folder`.
    ///   - folder: of the container; no link leads out of it.
    ///   - id: the container's id or its name.
    ///   - user: its number, as the container sees it.
    ///   - group: its number, as the container sees it.
    /// - Throws: ``DockerError``, `notFound` where there is no such container or folder.
    public func give(
        _ paths: [[UInt8]], below folder: String, in id: String, toUser user: UInt32, group: UInt32
    ) async throws(DockerError) {
        var call = Call(
            .put, "/containers/\(PercentCoding.encode(id))/archive", "folders of container \(id)",
            query: [("path", folder), ("noOverwriteDirNonDir", "1")])
        call.headers["Content-Type"] = "application/x-tar"
        var archive: [UInt8] = []
        for path in paths {
            archive +=
                TarEntry(
                    path: path, kind: .folder, mode: 0o700, modifiedAt: 0, user: user, group: group
                ).header
        }
        call.body = .bytes(archive + TarEntry.end)
        call.timeout = .seconds(60)
        try await perform(call)
    }

    /// Whether a process of a container was killed for using more memory than the container may, by the engine's events:
    /// what ``ContainerDetails/State/wasOutOfMemory`` says is settled when the container ends, and the word of it may come
    /// a moment later.
    /// - Parameter patience: How long to wait for it.
    /// - Throws: ``DockerError``.
    public func ranOutOfMemory(
        _ id: String, patience: Duration = .milliseconds(500)
    ) async throws(DockerError) -> Bool {
        // By the clock of this very host, where the engine's socket is.
        let until = Int64(Date.now.timeIntervalSince1970 * 1000) + Int64(patience / .milliseconds(1))
        let fraction = String(until % 1000 + 1000).dropFirst()
        let filters = String(decoding: try Self.encode(["container": [id], "event": ["oom"]]), as: UTF8.self)
        let call = Call(
            .get, "/events", "the events of container \(id)",
            query: [("since", "1"), ("until", "\(until / 1000).\(fraction)"), ("filters", filters)])
        return try await !collect(try await send(call), call).isEmpty
    }

    /// Ends a container at once. One that does not run is no error.
    /// - Parameter signal: a name of signal(7) without `SIG`.
    /// - Throws: ``DockerError`` where the engine cannot do it.
    public func killContainer(_ id: String, signal: String = "KILL") async throws(DockerError) {
        var call = Call(
            .post, "/containers/\(PercentCoding.encode(id))/kill", "container \(id)",
            query: [("signal", signal)])
        call.alsoFine = [404, 409]
        try await perform(call)
    }

    /// Asks a container to end and ends it after a grace. One that does not run is no error.
    /// - Parameter grace: in whole seconds; what is left of one does not count.
    /// - Throws: ``DockerError`` where the engine cannot do it.
    public func stopContainer(_ id: String, grace: Duration) async throws(DockerError) {
        var call = Call(
            .post, "/containers/\(PercentCoding.encode(id))/stop", "container \(id)",
            query: [("t", "\(grace.components.seconds)")])
        call.timeout = grace + .seconds(60)
        call.alsoFine = [304, 404]
        try await perform(call)
    }

    /// Gives a container another name.
    /// - Throws: ``DockerError``: `notFound`, `conflict` where the name is taken.
    public func renameContainer(_ id: String, to name: String) async throws(DockerError) {
        try await perform(
            Call(
                .post, "/containers/\(PercentCoding.encode(id))/rename", "container \(id)",
                query: [("name", name)]))
    }

    /// Removes a container, running or not. One that is not there, or is being removed, is no error.
    /// - Parameter volumes: Whether the volumes nobody named go with it, and the data in them.
    /// - Throws: ``DockerError`` where the engine cannot do it.
    public func removeContainer(_ id: String, volumes: Bool = true) async throws(DockerError) {
        var call = Call(
            .delete, "/containers/\(PercentCoding.encode(id))", "container \(id)",
            query: [("force", "1"), ("v", volumes ? "1" : "0")])
        call.alsoFine = [404, 409]
        try await perform(call)
    }

    private struct Listed: Decodable {
        struct Port: Decodable { var publicPort: Int? }
        var id: String
        var imageID: String?
        var ports: [Port]?
        var names: [String]?
        var labels: [String: String]?
        var created: Int64?
        var sizeRw: Int64?
        var mounts: [ContainerDetails.Mount]?

        var name: String { names?.first.map { $0.hasPrefix("/") ? String($0.dropFirst()) : $0 } ?? id }
        var object: LabelledObject {
            LabelledObject(id: id, name: name, labels: labels ?? [:], createdAt: created)
        }
    }

    /// The names of the running containers that publish something at a port of the host.
    /// - Throws: ``DockerError`` where the engine does not tell.
    public func containers(publishing port: Int) async throws(DockerError) -> [String] {
        let call = Call(.get, "/containers/json", "the list of containers")
        return try await fetch([Listed].self, call).filter { ($0.ports ?? []).contains { $0.publicPort == port } }
            .map(\.name)
    }

    /// What containers have written to, running or not.
    public struct Usage: Sendable, Hashable {
        /// Beside their images and what is mounted in them, in bytes.
        public var layers: Int64 = 0
        /// The names of volumes that nobody named, such as those that their images declare.
        public var volumes: Set<String> = []
    }

    /// What containers use of the disk; how large volumes are says ``volumeSizes()``.
    /// - Parameter network: containers in this network count too, such as those of image builds, which have no labels.
    /// - Throws: ``DockerError`` where the engine does not tell.
    public func usage(
        labelled labels: [String: String], network: String? = nil
    ) async throws(DockerError) -> Usage {
        var filters = [try Self.labelFilter(labels)]
        if let network {
            filters.append(("filters", String(decoding: try Self.encode(["network": [network]]), as: UTF8.self)))
        }
        var usage = Usage()
        var seen: Set<String> = []
        for filter in filters {
            let call = Call(
                .get, "/containers/json", "the sizes of containers", query: [("all", "1"), ("size", "1"), filter])
            for listed in try await fetch([Listed].self, call) where seen.insert(listed.id).inserted {
                usage.layers += listed.sizeRw ?? 0
                usage.volumes.formUnion((listed.mounts ?? []).filter(\.isAnonymous).map(\.name))
            }
        }
        return usage
    }

    /// All containers, running or not, that carry all of these labels; an empty value stands for any.
    /// - Throws: ``DockerError`` where the engine does not tell.
    public func containers(labelled labels: [String: String]) async throws(DockerError) -> [LabelledObject] {
        let call = Call(
            .get, "/containers/json", "the list of containers",
            query: [("all", "1"), try Self.labelFilter(labels)])
        return try await fetch([Listed].self, call).map(\.object)
    }

    /// Those of the containers with these labels that were given one of `names` when they were made. An image's labels are
    /// its containers' too, and whoever pushes an image chooses them.
    /// - Throws: ``DockerError`` where the engine does not tell.
    public func containers(
        labelled labels: [String: String], givenOneOf names: [String]
    ) async throws(DockerError) -> [LabelledObject] {
        let call = Call(
            .get, "/containers/json", "the list of containers",
            query: [("all", "1"), try Self.labelFilter(labels)])
        var found: [LabelledObject] = []
        for listed in try await fetch([Listed].self, call) {
            let given = try await given(listed.labels ?? [:], image: listed.imageID ?? "")
            if names.contains(where: { given[$0] != nil }) { found.append(listed.object) }
        }
        return found
    }

    /// Those of a container's labels that its image does not bring: they were given when it was made.
    /// - Parameter image: The image's id; of one that is no more nothing is known.
    /// - Throws: ``DockerError`` where the engine does not tell.
    public func given(_ labels: [String: String], image: String) async throws(DockerError) -> [String: String] {
        let own: [String: String]
        do {
            own = image.isEmpty ? [:] : try await inspectImage(image).labels
        } catch  where error.code == .notFound {
            own = [:]
        }
        return labels.filter { own[$0.key] != $0.value }
    }
}

/// The end of a container, awaited since before its start.
public struct ContainerExit: Sendable {
    let response: HTTPResponse
    let call: DockerEngine.Call
    let engine: DockerEngine

    private struct Document: Decodable {
        struct Problem: Decodable { var message: String? }
        var statusCode: Int32
        var error: Problem?
    }

    /// Waits for the end.
    /// - Returns: The exit code.
    /// - Throws: ``DockerError`` where it is not known, since the engine went away or says so.
    public func code() async throws(DockerError) -> Int32 {
        let bytes = try await engine.collect(response, call)
        let document: Document
        do {
            document = try EngineDocument.decode(Document.self, from: bytes)
        } catch {
            throw DockerError(.protocolViolation, "\(call.subject): the engine's answer is broken", cause: error)
        }
        if let words = document.error?.message, !words.isEmpty {
            throw DockerError(.engine, "\(call.subject): \(words)")
        }
        return document.statusCode
    }
}
