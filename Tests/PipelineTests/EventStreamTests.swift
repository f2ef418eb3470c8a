import Contracts
import FoundationEssentials
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

    @Test func `A stream ends as soon as its reader is gone, whichever page or program it was`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first)
            let router = try PipelineRouter.make(
                platform.operations, publicURL: "http://localhost", logger: Logger(label: "test"))
            let session = try await platform.operations.signIn(token: PlatformFixture.token)
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
                        let reader = try await StreamReader.open(port: port, path, header)
                        while changes.watcherCount == 0 { try await Task.sleep(for: .milliseconds(5)) }
                        let left = ContinuousClock.now
                        reader.close()
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
            let ofToken = try await operations.signIn(token: token)
            let signedOut = try await operations.signIn(token: PlatformFixture.token)
            try await Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)))
                .test(.live) { client in
                    let port = try #require(client.port)
                    let bearer = "Authorization: Bearer \(token)"
                    var readers: [StreamReader] = []
                    for (path, header) in [
                        ("/api/v1/events", bearer), ("/api/v1/runs/\(run.id)/events?logs=all", bearer),
                        ("/api/v1/runs/\(run.id)/steps/1/log?follow=1", bearer),
                        ("/live/runs", "Cookie: slipway_session=\(ofToken)"),
                        ("/live/runs/\(run.id)", "Cookie: slipway_session=\(signedOut)"),
                        ("/api/v1/events", "Authorization: Bearer \(PlatformFixture.token)"),
                    ] {
                        readers.append(try await StreamReader.open(port: port, path, header))
                    }
                    let count = readers.count
                    try await eventually("all watch") { changes.watcherCount == count }
                    try await operations.tokens.revoke("ci", as: .administrator)
                    try await operations.signIns.signOut(signedOut, from: .unknown)
                    try await eventually(within: .seconds(45), "all but one have ended") { changes.watcherCount == 1 }
                    // The one that is left was asked about at that heartbeat too.
                    try await Task.sleep(for: EventStream.heartbeat / 4)
                    #expect(changes.watcherCount == 1)
                    for reader in readers { reader.close() }
                }
        }
    }
}
