import Contracts
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Storage
import Testing

@testable import Pipeline

/// What requests and answers have in common: forms, and the status of every refusal.
@Suite struct ExchangeTests {
    // MARK: - Forms

    @Test func `A form is read as browsers write it`() throws {
        let form = try WebForm("name=shop%2Fweb&note=+a+%2B+b%0D%0A&empty=&events=push%2C+tag&dots=a.b")
        #expect(form["name"] == "shop/web" && form["note"] == " a + b\r\n" && form["empty"] == "")
        #expect(form.text("note") == "a + b" && form.text("empty") == nil && form.text("missing") == nil)
        #expect(form.words("events") == ["push", "tag"] && form["dots"] == "a.b")
        #expect(try WebForm("")["name"] == nil)
    }

    @Test(arguments: ["a=%zz", "a=1&a=2"])
    func `What is no form is refused`(text: String) {
        #expect {
            try WebForm(text)
        } throws: { error in
            (error as? OperationError)?.problem.code == "malformed_form"
        }
    }

    // MARK: - Refusals

    private static let statuses: [(OperationError.Kind, Int)] = [
        (.invalid, 400), (.notSignedIn, 401), (.forbidden, 403), (.notFound, 404), (.conflict, 409), (.noSpace, 507),
        (.unavailable, 503), (.busy, 503), (.tooMany, 429),
    ]

    @Test func `Every kind of refusal has its status, and is told as it is`() {
        #expect(Set(Self.statuses.map(\.0)) == Set(OperationError.Kind.allCases))
        for (kind, status) in Self.statuses {
            let error = OperationError(kind, "code", "message", remedy: "remedy", details: ["detail"])
            let answer = answer(error)
            #expect(answer.status.code == status)
            #expect(
                answer.problem
                    == Problem(code: "code", message: "message", remedy: "remedy", details: ["detail"]))
        }
    }

    @Test func `What is the service's own fault is told without details`() {
        struct Fault: Error { let secret = "hush" }
        let answer = answer(Fault())
        #expect(answer.status == .internalServerError && answer.problem.code == "internal")
        #expect(!answer.problem.description.contains("hush"))
    }

    @Test func `Errors of the libraries have a code of ours`() {
        for (error, status, code) in [
            (StoreError(.busy, "held"), 503, "store_busy"),
            (StoreError(.unavailable, "away"), 503, "store_unavailable"),
            (StoreError(.full, "no room"), 507, "disk_full"), (StoreError(.corrupt, "torn"), 500, "internal"),
            (StoreError(.refused, "too many"), 503, "store_unavailable"),
            (NIOTooManyBytesError(maxBytes: 2 << 20), 413, "too_large"),
            (HTTPError(.contentTooLarge), 413, "too_large"),
            (HTTPError(.notFound), 404, "unknown_path"), (HTTPError(.badRequest), 400, "refused"),
        ] as [(any Error, Int, String)] {
            let answer = answer(error)
            #expect(answer.status.code == status && answer.problem.code == code, "\(error)")
        }
        #expect(answer(NIOTooManyBytesError(maxBytes: 2 << 20)).problem.message == "the body is larger than 2 MiB")
    }

    private func answer(_ error: any Error) -> ProblemAnswer {
        let head = HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/api/v1/runs")
        return ProblemAnswer(
            error, to: Request(head: head, body: .init(buffer: ByteBuffer())), logger: Logger(label: "test"))
    }
}
