import Contracts
import Foundation
import Logging
import Messaging
import Storage
import Synchronization
import Testing

@testable import Pipeline

/// What somebody has to look after is told once when it begins, and once when it is over.
@Suite struct TroubleTests {
    /// The free room of the disk, as a test sets it.
    private final class Disk: Sendable {
        let free = Mutex<Int64>(1 << 40)
    }

    private func with(
        _ body: (PlatformFixture, TroubleWatch, Disk) async throws -> Void
    ) async throws {
        try await PlatformFixture.with { platform in
            let disk = Disk()
            let watch = TroubleWatch(
                engine: platform.engine, data: platform.directory, refusals: PlatformRefusals(),
                logger: Logger(label: "test"),
                diskProblem: { disk.free.withLock { $0 } < 1 << 30 ? "the disk is full" : nil })
            try await body(platform, watch, disk)
        }
    }

    private func told(_ platform: PlatformFixture) async throws -> [String] {
        try await platform.sent().filter { $0.routingKey.contains("slipway-trouble") }.map { message in
            let event = try Wire.decode(CloudEvent.self, from: message.body.data(using: .utf8) ?? .init())
            let kind = event.data.subject.content["kind"]?.string ?? ""
            return "\(EventType.isTroubleEnd(message.type) ? "over " : "")\(kind) \(event.data.subject.id)"
        }
    }

    @Test func `A sick worker, parked messages, a full disk and a refused platform are told once each, and when over`()
        async throws
    {
        try await with { platform, watch, disk in
            let start = Timestamp.now
            func look(_ seconds: Int64) async throws { try await watch.look(now: start.adding(.seconds(seconds))) }
            try await look(0)
            #expect(try await told(platform) == [])

            try await platform.announce("b1", problem: "No space left on device")
            for n in 0..<50 {
                try await platform.operations.deadLetters.park(
                    DeadLetter(
                        id: MessageID(rawValue: "m\(n)"), queue: "slipway.pipeline", type: "X", version: 1, run: nil,
                        contentType: "", reason: "no", body: "{}", parkedAt: .now), as: .otherStage)
            }
            disk.free.withLock { $0 = 1 << 20 }
            watch.refusals.note("other")
            for second in 0..<5 { try await look(Int64(second)) }
            let all = try await told(platform)
            #expect(
                all.map { $0.split(separator: " ")[0] }.sorted() == [
                    "full-disk", "parked-messages", "refused-platform", "sick-worker",
                ], "\(all)")
            let message = try await platform.sent().last { $0.body.contains("parked-messages") }?.body
            #expect(message?.contains("50 messages are parked") == true)

            // Well for a moment, and sick again: that is one trouble.
            try await platform.announce("b1")
            try await look(30)
            try await platform.announce("b1", problem: "No space left on device")
            try await look(60)
            #expect(try await told(platform).count == 4)
            // The other platform does not come again, and all the rest is mended.
            try await platform.announce("b1")
            disk.free.withLock { $0 = 1 << 40 }
            for n in 0..<50 {
                try await platform.operations.deadLetters.remove(
                    MessageID(rawValue: "m\(n)"), as: platform.principal)
            }
            try await look(61)
            #expect(try await told(platform).count == 4)
            try await look(200)
            try await look(230)
            let over = try await told(platform).filter { $0.hasPrefix("over ") }
            #expect(
                over.map { $0.split(separator: " ")[1] }.sorted() == [
                    "full-disk", "parked-messages", "refused-platform", "sick-worker",
                ], "\(over)")
            // Both are of one chain.
            let events = try await platform.sent().filter { $0.body.contains("sick-worker") }
            let chains = try events.map {
                try Wire.decode(CloudEvent.self, from: $0.body.data(using: .utf8) ?? .init()).data.context.chainId
            }
            #expect(chains.count == 2 && Set(chains).count == 1)
        }
    }

    @Test func `What a clock that was ahead has seen ends, and what a newer version knows keeps nothing back`()
        async throws
    {
        try await with { platform, watch, disk in
            let start = Timestamp.now
            disk.free.withLock { $0 = 1 << 20 }
            try await watch.look(now: start.adding(.seconds(365 * 86_400)))
            disk.free.withLock { $0 = 1 << 40 }
            try await platform.store.write { transaction in
                _ = try transaction.database.execute(
                    "INSERT INTO troubles (kind, subject, id, message, since, seenAt) VALUES ('newer', 's', 'i', 'm', 1, 1)"
                )
            }
            try await watch.look(now: start)
            #expect(
                try await told(platform).map { $0.split(separator: " ")[0] } == ["full-disk", "over"])
            // It is told when it comes again.
            disk.free.withLock { $0 = 1 << 20 }
            try await watch.look(now: start.adding(.seconds(60)))
            #expect(try await told(platform).count == 3)
        }
    }
}

extension EventType {
    fileprivate static func isTroubleEnd(_ type: String) -> Bool { type == EventType.troubleEnded.rawValue }
}
