import Contracts
import FoundationEssentials
import Glibc
import HTTPTypes
import Hummingbird
import Logging
import TestSupport
import Testing

@testable import Pipeline

/// Server-sent events over a real connection.
@Suite(.timeLimit(.minutes(4))) struct EventStreamTests {
    @Test(arguments: [
        (EventStream.Event(name: nil, data: "a"), "data: a\n\n"),
        (EventStream.Event(name: "x", data: "a\n\nb", id: "7"), "event: x\nid: 7\ndata: a\ndata: \ndata: b\n\n"),
        (EventStream.Event(name: "end", data: ""), "event: end\ndata: \n\n"),
    ])
    func `An event is written line by line`(event: EventStream.Event, text: String) {
        #expect(event.text == text)
    }

    /// A reader that only knows how to ask and to leave.
    private func connect(to port: Int, _ path: String, _ headers: String) async throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        let request = "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n\r\n"
        try #require(write(descriptor, request, request.utf8.count) == request.utf8.count)
        var buffer = [UInt8](repeating: 0, count: 4096)
        // The platform answers on the threads that tests run on, so none of them waits for it.
        var count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        while count < 0 && errno == EAGAIN {
            try await Task.sleep(for: .milliseconds(5))
            count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        }
        try #require(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).contains("text/event-stream"))
        return descriptor
    }

    @Test func `A stream ends as soon as its reader is gone, whichever page or program it was`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first)
            let router = try PipelineRouter.make(
                platform.operations, publicURL: "http://localhost", logger: Logger(label: "test"))
            let session = try await platform.operations.access.signIn(token: PlatformFixture.token)
            let bearer = "Authorization: Bearer \(PlatformFixture.token)"
            let changes = platform.store.changes
            try await Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)))
                .test(.live) { client in
                    let port = try #require(client.port)
                    for (path, header) in [
                        ("/api/v1/events", bearer), ("/api/v1/runs/\(run.id)/events?logs=all", bearer),
                        ("/api/v1/runs/\(run.id)/steps/1/log?follow=1", bearer),
                        ("/live/runs", "Cookie: slipway_session=\(session)"),
                        ("/live/runs/\(run.id)", "Cookie: slipway_session=\(session)"),
                    ] {
                        let descriptor = try await connect(to: port, path, header)
                        while changes.watcherCount == 0 { try await Task.sleep(for: .milliseconds(5)) }
                        let left = ContinuousClock.now
                        close(descriptor)
                        while changes.watcherCount > 0 { try await Task.sleep(for: .milliseconds(5)) }
                        #expect(.now - left < .seconds(5), "\(path)")
                    }
                }
        }
    }

    @Test func `A stream ends within a heartbeat once its token is revoked or its session is over`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first)
            let (operations, changes) = (platform.operations, platform.store.changes)
            let router = try PipelineRouter.make(
                operations, publicURL: "http://localhost", logger: Logger(label: "test"))
            let token = try await operations.tokens.make(
                TokenRequest(name: "ci", role: .viewer), as: .administrator
            ).token
            let ofToken = try await operations.access.signIn(token: token)
            let signedOut = try await operations.access.signIn(token: PlatformFixture.token)
            try await Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)))
                .test(.live) { client in
                    let port = try #require(client.port)
                    let bearer = "Authorization: Bearer \(token)"
                    var descriptors: [Int32] = []
                    for (path, header) in [
                        ("/api/v1/events", bearer), ("/api/v1/runs/\(run.id)/events?logs=all", bearer),
                        ("/api/v1/runs/\(run.id)/steps/1/log?follow=1", bearer),
                        ("/live/runs", "Cookie: slipway_session=\(ofToken)"),
                        ("/live/runs/\(run.id)", "Cookie: slipway_session=\(signedOut)"),
                        ("/api/v1/events", "Authorization: Bearer \(PlatformFixture.token)"),
                    ] {
                        descriptors.append(try await connect(to: port, path, header))
                    }
                    let count = descriptors.count
                    try await eventually("all watch") { changes.watcherCount == count }
                    try await operations.tokens.revoke("ci", as: .administrator)
                    try await operations.access.signOut(signedOut)
                    try await eventually(within: .seconds(45), "all but one have ended") { changes.watcherCount == 1 }
                    // The one that is left was asked about at that heartbeat too.
                    try await Task.sleep(for: EventStream.heartbeat / 4)
                    #expect(changes.watcherCount == 1)
                    for descriptor in descriptors { close(descriptor) }
                }
        }
    }
}
