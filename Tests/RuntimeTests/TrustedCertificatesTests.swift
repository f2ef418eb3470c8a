import FoundationEssentials
import Logging
import Testing

@testable import Runtime

@Suite struct TrustedCertificatesTests {
    private let logger = Logger(label: "test")

    private func with(_ body: (String) async throws -> Void) async throws {
        let folder = "/tmp/slipway-authorities-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private func authority(_ name: String) -> String {
        "-----BEGIN CERTIFICATE-----\n\(name)\n-----END CERTIFICATE-----"
    }

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    }

    private func read(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }

    private func settings(_ values: [String: String]) async throws -> Settings {
        try await Settings(arguments: ["test"], environment: values)
    }

    @Test func `An authority is trusted besides the system's`() async throws {
        try await with { folder in
            let (file, system) = ("\(folder)/ca.pem", "\(folder)/system.pem")
            try write(authority("ours"), to: file)
            try write("system", to: system)
            let readiness = Readiness()
            #expect(
                try await TrustedCertificates(settings([:]), in: folder, readiness, logger: logger) == nil)
            let values = [["SLIPWAY_CA_FILE": file], ["SLIPWAY_CA": authority("ours")]]
            for values in values {
                let trusted = try await TrustedCertificates(settings(values), in: folder, readiness, logger: logger)
                #expect(try read(try #require(trusted).path).hasSuffix(authority("ours") + "\n"))
            }
            let both = try TrustedCertificates(
                adding: "added", from: nil, in: folder, systemFiles: ["/nowhere.pem", system, "/nowhere"],
                logger: logger)
            #expect(both.path == "\(folder)/certificates.pem")
            #expect(try read(both.path) == "system\nadded\n")
            let error = await #expect(throws: SettingsError.self) {
                try await TrustedCertificates(
                    settings(["SLIPWAY_CA": "/etc/ssl/ca.pem"]), in: folder, readiness, logger: logger)
            }
            #expect(error?.message.contains("SLIPWAY_CA_FILE") == true)
        }
    }

    @Test func `A renewed file is in use without a restart, and a broken one leaves the old one`() async throws {
        try await with { folder in
            let file = "\(folder)/ca.pem"
            try write(authority("first"), to: file)
            let readiness = Readiness()
            let trusted = try #require(
                try await TrustedCertificates(
                    settings(["SLIPWAY_CA_FILE": file]), in: folder, readiness, logger: logger))
            for broken in ["no PEM", ""] {
                try write(broken, to: file)
                trusted.refresh()
                #expect(try read(trusted.path).contains("first"))
                #expect(await readiness.remarks().first?.contains("\(file) is not in use") == true)
                #expect(await readiness.problems().isEmpty)
            }
            try FileManager.default.removeItem(atPath: file)
            trusted.refresh()
            #expect(try read(trusted.path).contains("first"))
            try write(authority("second"), to: file)
            trusted.refresh()
            #expect(try read(trusted.path).hasSuffix(authority("second") + "\n"))
            #expect(try !read(trusted.path).contains("first"))
            #expect(await readiness.remarks().isEmpty)
        }
    }
}
