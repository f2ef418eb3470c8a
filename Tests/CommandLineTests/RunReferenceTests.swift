import Contracts
import Testing

@testable import CommandLine

@Suite struct RunReferenceTests {
    @Test(arguments: [
        ("latest", RunReference.latest),
        ("shop/web", .newest(RepositoryPath(rawValue: "shop/web"))),
        ("shop/web#latest", .newest(RepositoryPath(rawValue: "shop/web"))),
        ("shop/web#12", .numbered(RepositoryPath(rawValue: "shop/web"), 12)),
        ("web#3", .numbered(RepositoryPath(rawValue: "web"), 3)),
        ("01kax5v9", .id("01kax5v9")),
        ("01KAX5V9E3C0000000000000ZZ", .id("01kax5v9e3c0000000000000zz")),
    ])
    func isRead(text: String, expected: RunReference) throws {
        #expect(try RunReference(text) == expected)
    }

    @Test(arguments: [
        "", "shop/web#", "shop/web#0", "shop/web#-1", "shop//web", "../x", "01k", "hello!", "shop/web#1x",
    ])
    func isRefused(text: String) {
        do {
            let reference = try RunReference(text)
            Issue.record("\(text) was read as \(reference)")
        } catch let error as CommandError {
            #expect(error.isUsage)
            #expect(error.remedy?.contains("shop/web#12") == true)
        } catch {
            Issue.record(error)
        }
    }
}
