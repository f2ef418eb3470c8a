// swift-tools-version: 6.2
import PackageDescription

/// Swift 6 mode comes with the tools version; these are the rest of what every target is held to.
let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let jwt = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// Only where the trait is on: without it a build has no need of libpq.
let postgreSQL = Target.Dependency.target(name: "PostgreSQL", condition: .when(traits: ["PostgreSQL"]))

/// A library all services may import.
func shared(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Shared/\(name)", exclude: exclude, swiftSettings: settings)
}

/// An executable that owns one stage. It imports Shared, never another service.
func service(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "Services/\(name)", resources: resources,
        swiftSettings: settings)
}

/// Tests of one target. Those that need a running server have a name that ends in `IntegrationTests`.
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", resources: resources, swiftSettings: settings)
}

let package = Package(
    name: "slipway",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "webhook-gateway", targets: ["WebhookGateway"]),
        .executable(name: "sync", targets: ["Sync"]),
        .executable(name: "pipeline", targets: ["Pipeline"]),
        .executable(name: "builder", targets: ["Builder"]),
        .executable(name: "deployer", targets: ["Deployer"]),
        .executable(name: "notifier", targets: ["Notifier"]),
        .executable(name: "slipway", targets: ["CommandLine"]),
    ],
    traits: [
        .trait(
            name: "PostgreSQL",
            description: "Lets pipeline keep its state in PostgreSQL. Needs libpq, which nothing else does."),
        .default(enabledTraits: []),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(
            url: "https://github.com/apple/swift-configuration", exact: "1.4.0",
            traits: [.defaults, "CommandLineArguments"]),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
        .package(url: "https://github.com/vapor/jwt-kit", exact: "5.7.1"),
    ],
    targets: [
        // C libraries, each behind one door.
        .systemLibrary(name: "CLinux", path: "Shared/CLinux"),
        .systemLibrary(
            name: "CRabbitMQ", path: "Shared/CRabbitMQ", pkgConfig: "librabbitmq",
            providers: [.apt(["librabbitmq-dev"])]),
        .systemLibrary(
            name: "CCurl", path: "Shared/CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),

        .systemLibrary(
            name: "CPostgreSQL", path: "Shared/CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),

        // Shared
        shared("Text"),
        shared("Threading", ["CLinux"]),
        shared("AMQP", ["CRabbitMQ", "CLinux", "Text", "Threading", deque, logging]),
        shared("HTTPClient", ["CCurl", "CLinux", "Threading", logging]),
        shared("Contracts", ["Text"]),
        shared("Secrets", ["Contracts", "Text", crypto]),
        shared("Measures", [metrics]),
        shared("Messaging", ["AMQP", "Contracts", "Measures", "Text", lifecycle, logging, metrics]),
        shared("Storage", ["Contracts", "Measures", "Messaging", "Text", crypto, grdb, lifecycle, logging, metrics]),
        shared(
            "PostgreSQL",
            ["Storage", "Threading", logging, .target(name: "CPostgreSQL", condition: .when(traits: ["PostgreSQL"]))]),
        shared("PipelineLanguage", ["Contracts", "Text", crypto, yams]),
        shared("Git", ["CLinux", "Contracts", "Text", "Threading", logging, subprocess, systemPackage]),
        shared("DockerEngine", ["HTTPClient", "Text", "Threading", logging]),
        shared("Kubernetes", ["Contracts", "HTTPClient", "Text", crypto, logging, subprocess, systemPackage, yams]),
        shared(
            "Runtime",
            [
                "AMQP", "Contracts", "Measures", "Messaging", "Secrets", "Text", "Threading", configuration,
                hummingbird, lifecycle, logging, metrics, nioCore, systemPackage, unixSignals,
            ]),
        shared(
            "WebServer",
            [
                "Measures", "Runtime", hummingbird, hummingbirdCore, lifecycle, logging, metrics, nioCore, nioHTTP1,
                nioSSL,
            ]),
        shared(
            "Worker",
            [
                "AMQP", "Contracts", "Measures", "Messaging", "PipelineLanguage", "Secrets", "Text", "Threading",
                lifecycle, logging, metrics, subprocess, systemPackage,
            ]),
        shared("Containers", ["Contracts", "DockerEngine", "HTTPClient", "PipelineLanguage", "Runtime", "Worker"]),

        // Services, in the order a push meets them
        service(
            "WebhookGateway",
            [
                "AMQP", "Contracts", "Measures", "Messaging", "Runtime", "Secrets", "Storage", "Text", "WebServer",
                crypto, hummingbirdCore, lifecycle, logging, metrics, nioCore, nioHTTP1, nioPosix,
            ]),
        service(
            "Sync",
            [
                "Contracts", "Git", "Messaging", "Runtime", "Secrets", "Text", "WebServer", crypto, httpTypes,
                hummingbird, lifecycle, logging, nioCore,
            ]),
        service(
            "Pipeline",
            [
                "AMQP", "Contracts", "HTTPClient", "Measures", "Messaging", "PipelineLanguage", "Runtime", "Secrets",
                "Storage", "Text", "Threading", "WebServer", crypto, cryptoExtras, httpTypes, hummingbird, jwt,
                lifecycle, logging, metrics, mustache, nioCore, postgreSQL,
            ], resources: [.embedInCode("HTTP/API/openapi.json"), .embedInCode("HTTP/Web/Assets")]),
        service(
            "Builder",
            [
                "CLinux", "Containers", "Contracts", "DockerEngine", "Git", "HTTPClient", "Messaging",
                "PipelineLanguage", "Runtime", "Secrets", "Text", "Threading", "Worker", crypto, lifecycle, logging,
                subprocess,
                systemPackage,
            ]),
        service(
            "Deployer",
            [
                "Containers", "Contracts", "DockerEngine", "HTTPClient", "Kubernetes", "Messaging", "PipelineLanguage",
                "Runtime", "Secrets", "Text", "Worker", crypto, lifecycle, logging, systemPackage,
            ]),
        service(
            "Notifier",
            [
                "AMQP", "Contracts", "HTTPClient", "Measures", "Messaging", "Runtime", "Secrets", "Storage", "Text",
                lifecycle, logging, metrics, mustache,
            ]),
        service(
            "CommandLine",
            [
                "Contracts", "HTTPClient", "PipelineLanguage", "Secrets", "Text", argumentParser, logging, subprocess,
                systemPackage,
            ]),

        // Tools that measure and try the pipeline language
        .target(name: "CAllocations", path: "Tests/Benchmarks/CAllocations"),
        .executableTarget(
            name: "LanguageBenchmark", dependencies: ["CAllocations", "Contracts", "PipelineLanguage"],
            path: "Tests/Benchmarks/Language", swiftSettings: settings),
        .executableTarget(
            name: "LanguageFuzzer", dependencies: ["Contracts", "PipelineLanguage"], path: "Tests/Fuzz/Language",
            swiftSettings: settings),

        // Tests
        .target(
            name: "TestSupport",
            dependencies: [
                "AMQP", "Contracts", "HTTPClient", "Storage", httpTypes, hummingbird, lifecycle, logging, nioCore,
                nioEmbedded, postgreSQL, subprocess, systemPackage,
            ], path: "Tests/TestSupport", swiftSettings: settings),
        tests("TextTests", ["TestSupport", "Text"]),
        tests("ThreadingTests", ["Threading", "CLinux"]),
        tests("AMQPTests", ["AMQP"]),
        tests("AMQPIntegrationTests", ["AMQP", "TestSupport", logging]),
        tests("HTTPClientTests", ["HTTPClient"]),
        tests(
            "HTTPClientIntegrationTests",
            ["HTTPClient", "TestSupport", hummingbird, logging, nioCore, subprocess, systemPackage]),
        tests("ContractTests", ["Contracts"], resources: [.copy("Golden")]),
        tests("SecretsTests", ["Secrets", "Contracts"]),
        tests("MessagingTests", ["Messaging", "AMQP", "Contracts"], resources: [.copy("Golden")]),
        tests(
            "MessagingIntegrationTests",
            ["Messaging", "AMQP", "Contracts", "Runtime", "TestSupport", lifecycle, logging, metrics]),
        tests(
            "StorageTests", ["Storage", "Contracts", "Messaging", "TestSupport", lifecycle, logging, systemPackage]),
        tests("PostgreSQLIntegrationTests", ["Storage", "TestSupport", systemPackage]),
        tests("PipelineLanguageTests", ["Contracts", "PipelineLanguage", crypto], resources: [.copy("Golden")]),
        tests("GitTests", ["Git", "Contracts", "TestSupport", logging, subprocess, systemPackage]),
        tests("DockerEngineTests", ["DockerEngine", "HTTPClient", "TestSupport", httpTypes, hummingbird, logging]),
        tests(
            "DockerEngineIntegrationTests",
            [
                "DockerEngine", "HTTPClient", "TestSupport", httpTypes, hummingbird, logging, nioCore, subprocess,
                systemPackage,
            ]),
        tests("KubernetesTests", ["Kubernetes", "Contracts", "HTTPClient", "TestSupport", systemPackage]),
        tests(
            "RuntimeTests",
            ["Runtime", "Contracts", "Measures", "Secrets", configuration, logging, metrics]),
        tests(
            "WebServerTests",
            ["WebServer", "Runtime", "TestSupport", hummingbird, lifecycle, logging, nioCore, systemPackage]),
        tests(
            "WorkerTests",
            [
                "Worker", "AMQP", "Contracts", "Messaging", "PipelineLanguage", "Secrets", "TestSupport", lifecycle,
                logging, systemPackage,
            ]),
        tests(
            "WebhookGatewayTests",
            [
                "WebhookGateway", "AMQP", "Contracts", "Messaging", "Runtime", "Secrets", "Storage", "TestSupport",
                "Text", "WebServer", crypto, logging, nioCore, nioEmbedded, nioHTTP1, nioPosix,
            ]),
        tests(
            "SyncTests",
            [
                "Sync", "Contracts", "Git", "HTTPClient", "Messaging", "Secrets", "TestSupport", httpTypes, hummingbird,
                logging, nioCore, subprocess, systemPackage,
            ]),
        tests(
            "PipelineTests",
            [
                "AMQP", "Pipeline", "Contracts", "Messaging", "PipelineLanguage", "Runtime", "Secrets", "Storage",
                "TestSupport", "Text", "WebServer", httpTypes, hummingbird, logging, nioCore,
            ]),
        tests(
            "BuilderTests",
            [
                "Builder", "Contracts", "DockerEngine", "Git", "HTTPClient", "PipelineLanguage", "Runtime", "Secrets",
                "TestSupport", "Threading", "Worker", logging, systemPackage,
            ]),
        tests(
            "BuilderIntegrationTests",
            [
                "AMQP", "Builder", "Contracts", "DockerEngine", "Git", "HTTPClient", "Messaging", "PipelineLanguage",
                "Secrets", "Sync", "TestSupport", "Worker", httpTypes, hummingbird, lifecycle, logging, nioCore,
                subprocess, systemPackage,
            ]),
        tests(
            "DeployerTests",
            [
                "Deployer", "Containers", "Contracts", "DockerEngine", "HTTPClient", "Kubernetes", "Messaging",
                "PipelineLanguage", "Runtime", "Secrets", "TestSupport", "Worker", logging,
            ]),
        tests(
            "DeployerIntegrationTests",
            [
                "AMQP", "Deployer", "Contracts", "DockerEngine", "HTTPClient", "Kubernetes", "Messaging",
                "PipelineLanguage", "Secrets", "TestSupport", "Worker", httpTypes, hummingbird, lifecycle, logging,
                nioCore, subprocess, systemPackage, yams,
            ]),
        tests(
            "NotifierTests",
            [
                "Notifier", "Contracts", "HTTPClient", "Messaging", "Runtime", "Secrets", "Storage", "TestSupport",
                "Text", crypto, httpTypes, hummingbird, logging, nioCore,
            ]),
        tests("CommandLineTests", ["CommandLine", "Contracts", "PipelineLanguage", "Secrets", argumentParser]),
        tests(
            "IntegrationTests",
            [
                "AMQP", "Contracts", "HTTPClient", "Messaging", "Secrets", "TestSupport", "Text", httpTypes,
                hummingbird, logging, nioCore, subprocess, systemPackage,
            ]),
    ]
)
