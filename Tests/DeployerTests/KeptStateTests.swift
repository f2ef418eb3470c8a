import Contracts
import DockerEngine
import PipelineLanguage
import Testing
import Worker

@testable import Deployer
@testable import DockerEngine

/// What a new container has from the one it replaces.
@Suite struct KeptStateTests {
    private static let id = String(repeating: "a", count: 64)
    private static let nameless = String(repeating: "b", count: 64)

    /// A container as `docker inspect` shows it.
    private func container(
        mounts: [String] = [], networks: [String: [String]] = [:], mode: String = "front",
        labels: [String: String] = [:], id: String = id, ports: String = "", addresses: [String: String] = [:]
    ) throws -> ContainerDetails {
        let endpoints = networks.map { name, aliases in
            let all = aliases + [String(Self.id.prefix(12))]
            let given = addresses[name].map { #"{"IPv4Address": "\#($0)"}"# } ?? "null"
            return #""\#(name)": {"IPAddress": "", "IPAMConfig": \#(given), "Aliases": \#(all)}"#
        }
        let text = #"""
            {"Id": "\#(id)", "Name": "/web", "Image": "sha256:1", "Config": {"Image": "web", "Labels": \#(String(decoding: try Wire.encode(labels), as: UTF8.self))},
             "State": {"Status": "running", "Running": true, "ExitCode": 0},
             "HostConfig": {"NetworkMode": "\#(mode)", "PortBindings": {\#(ports)}}, "Mounts": [\#(mounts.joined(separator: ","))],
             "NetworkSettings": {"Networks": {\#(endpoints.joined(separator: ","))}}}
            """#
        return try EngineDocument.decode(ContainerDetails.self, from: Array(text.utf8))
    }

    private func kept(
        _ old: ContainerDetails?, _ run: ContainerRun = ContainerRun(), before: ContainerRun? = nil,
        existing: Set<String> = ["front", "back"]
    ) throws -> (state: KeptState, made: ContainerSpecification) {
        let specification = try run.specification(image: "web", environment: [:], allowsHostNetwork: true)
        let declared = try before.map {
            KeptState.Declared(try $0.specification(image: "web", environment: [:], allowsHostNetwork: true))
        }
        let state = KeptState(
            of: old, declared: declared ?? KeptState.Declared(),
            addresses: old.map { ServiceContainer($0, .current).addresses } ?? [:], for: specification, service: "web",
            existing: existing)
        return (state, state.added(to: specification))
    }

    private static let mounts = [
        #"{"Type": "volume", "Name": "shop", "Destination": "/data", "RW": true}"#,
        #"{"Type": "bind", "Source": "/srv/conf", "Destination": "/conf", "RW": false}"#,
        #"{"Type": "volume", "Name": "\#(nameless)", "Destination": "/cache", "RW": true}"#,
        #"{"Type": "tmpfs", "Destination": "/tmp", "RW": true}"#,
    ]

    @Test func volumesAndFoldersThatNobodyNamedGoOn() throws {
        let (state, made) = try kept(try container(mounts: Self.mounts))
        #expect(
            Set(made.mounts) == [
                .volume(name: "shop", path: "/data"), .bind(source: "/srv/conf", path: "/conf", readOnly: true),
                .volume(name: Self.nameless, path: "/cache"),
            ])
        #expect(state.notes.contains { $0.hasPrefix("/data goes on in the volume shop, ") })
        #expect(state.notes.contains { $0.hasPrefix("/conf goes on in /srv/conf of the host, ") })
        #expect(ServiceResources.wanted(by: made) == [.files("shop"), .files(Self.nameless)])
    }

    @Test func whatVolumesNamesHolds() throws {
        let run = ContainerRun(volumes: ["other:/data/", "/srv/./conf:/conf"])
        let (state, made) = try kept(try container(mounts: Self.mounts), run)
        #expect(made.mounts.count == 3)
        #expect(
            made.mounts.prefix(2) == [
                .volume(name: "other", path: "/data/"), .bind(source: "/srv/./conf", path: "/conf"),
            ])
        #expect(state.notes.contains { $0.hasPrefix("/data is another ") && $0.hasSuffix(" stays in the volume shop") })
        // The same folder is nothing to speak of.
        #expect(!state.notes.contains { $0.contains("/conf") })
    }

    @Test func whatAStepNamedGoesWithItsLineAndIsTold() throws {
        let before = ContainerRun(
            volumes: ["shop:/data", "/srv/conf:/conf:ro"], network: "front", networks: ["back"], aliases: ["shop"])
        let old = try container(mounts: Self.mounts, networks: ["front": ["shop", "byhand"], "back": []])
        let (state, made) = try kept(old, ContainerRun(network: "front"), before: before)
        #expect(made.mounts == [.volume(name: Self.nameless, path: "/cache")])
        #expect(made.moreNetworks.isEmpty)
        #expect(state.aliases == ["front": ["byhand"]])
        #expect(state.notes.contains { $0.hasPrefix("“volumes” does not name /data any more") })
        #expect(state.notes.contains { $0.hasPrefix("“volumes” does not name /conf any more") })
        #expect(state.notes.contains { $0.hasPrefix("“run” does not name the network back any more") })
        #expect(state.notes.contains { $0.hasPrefix("“aliases” does not name shop any more") })
    }

    @Test func whatAnEarlierVersionMadeHasAllFromItsStep() throws {
        func declared(_ labels: [String: String]) throws -> KeptState.Declared {
            let old = try container(mounts: Self.mounts, networks: ["front": ["shop"], "back": []], labels: labels)
            return ServiceContainer(old, .current).declared
        }
        let all = try declared([DeployLabel.job: "1"])
        #expect(all.volumes == ["/data", "/conf", "/tmp"])
        #expect(all.networks == ["back", "front"])
        #expect(all.aliases.contains("shop"))
        #expect(try declared([:]) == KeptState.Declared())
        #expect(try declared([DeployLabel.job: "1", DeployLabel.declared: "?"]) == KeptState.Declared())
    }

    @Test func aLabelThatCannotBeReadIsToldAndNotTakenForNone() throws {
        func container(_ labels: [String: String]) throws -> ServiceContainer {
            ServiceContainer(try self.container(labels: labels), .current)
        }
        let well = try container([
            DeployLabel.job: "1", DeployLabel.declared: "{\"volumes\":[],\"networks\":[],\"aliases\":[]}",
            DeployLabel.aliases: "{\"front\":[\"shop\"]}", DeployLabel.sequence: "7",
        ])
        #expect(well.problems.isEmpty && well.sequenceProblem == nil && well.found.aliases == ["front": ["shop"]])
        #expect(try container([:]).problems.isEmpty && container([:]).sequenceProblem == nil)
        let odd = try container([
            DeployLabel.job: "1", DeployLabel.declared: "?", DeployLabel.aliases: "[]", DeployLabel.sequence: "7b",
        ])
        for (label, value) in [(DeployLabel.declared, "?"), (DeployLabel.aliases, "[]")] {
            let told = odd.problems.contains { $0.contains("\(label) that cannot be read, “\(value)”") }
            #expect(told, "\(odd.problems)")
        }
        #expect(odd.sequenceProblem?.contains("\(DeployLabel.sequence)=7b") == true)
    }

    @Test func aliasesAndNetworksGoOn() throws {
        let old = try container(networks: ["front": ["shop", "web"], "back": ["other"]])
        let (state, made) = try kept(old, ContainerRun(network: "front", aliases: ["shop", "new"]))
        #expect(made.network == "front" && made.moreNetworks == ["back"])
        #expect(state.aliases == ["front": ["shop", "new"], "back": ["other"]])
        // To be given back, the service's name as well.
        #expect(state.taken == ["front": ["shop", "web"], "back": ["other"]])
        // Named by nobody, they take the place of the engine's default.
        let plain = try kept(old)
        #expect(plain.made.network == "front" && plain.made.moreNetworks == ["back"])
        #expect(plain.state.aliases == ["front": ["shop"], "back": ["other"]])
        let gone = try kept(old, existing: ["front"])
        #expect(gone.made.network == "front" && gone.made.moreNetworks.isEmpty)
        #expect(gone.state.notes.contains("the network back of the old container is not there any more"))
        let both = try kept(try container(networks: ["bridge": [], "front": ["shop"]], mode: "default"))
        #expect(both.made.network == nil && both.made.moreNetworks == ["front"])
    }

    @Test func whatContradictsTheStepIsTold() throws {
        let old = try container(networks: ["front": ["shop"]])
        let (state, made) = try kept(old, ContainerRun(network: "host", aliases: ["new"]))
        #expect(made.network == "host" && made.moreNetworks.isEmpty && state.aliases.isEmpty)
        #expect(
            state.notes == [
                "the new container is not in the network front any more: “network: host” has no others",
                "nobody answers to shop in the network front any more",
            ])
        let host = try kept(try container(networks: ["host": []], mode: "host"))
        #expect(host.made.network == nil)
        #expect(host.state.notes.count == 1)
    }

    @Test("a container is the service's where its label or that of the new one says so, and not by its name alone")
    func whoseAContainerIs() throws {
        func own(_ all: (ServiceNames.Place, String, labels: [String: String])...) throws -> [String] {
            let found = try all.map { ServiceContainer(try container(labels: $0.labels, id: $0.1), $0.0) }
            return ServiceContainer.own(found, of: "web").map(\.details.id)
        }
        let ours = [DeployLabel.service: "web"]
        let others = [DeployLabel.service: "web-previous"]
        #expect(try own((.current, "a", [:]), (.previous, "b", [:])) == ["a"])
        #expect(
            try own((.current, "a", ours), (.previous, "b", others), (.next, "c", [:]), (.ready, "d", others)) == ["a"])
        #expect(try own((.current, "a", others)) == [])
        #expect(try own((.previous, "b", ours)) == ["b"])
        #expect(try own((.previous, "b", [:])) == [])
        // Made by hand, it has given way to the new one.
        let new = ours.merging([DeployLabel.replaces: "x,b"]) { $1 }
        for place in [ServiceNames.Place.ready, .current, .next] {
            #expect(try own((place, "c", new), (.previous, "b", [:])) == ["c", "b"])
        }
        // What is another service's stays so, whoever says what.
        #expect(try own((.current, "c", new), (.previous, "b", others)) == ["c"])
        let theirs = others.merging([DeployLabel.replaces: "b"]) { $1 }
        #expect(try own((.current, "c", theirs), (.previous, "b", [:])) == [])
    }

    private static let ports = #"""
        "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}, {"HostIp": "::1", "HostPort": "8080"}],
        "53/udp": [{"HostIp": "", "HostPort": "53"}], "9000/tcp": [{"HostIp": "", "HostPort": ""}], "70/tcp": null
        """#

    @Test func portsThatNobodyNamedGoOn() throws {
        let old = try container(ports: Self.ports)
        let (state, made) = try kept(old)
        #expect(made.ports.map(\.text) == ["53:53/udp", "127.0.0.1:8080:80", "[::1]:8080:80", "9000"])
        #expect(state.notes.contains("127.0.0.1:8080:80 is published as by the old container; name it in “ports”"))
        #expect(state.notes.count == 4)
        // Both need the same ones.
        #expect(ServiceResources.wanted(by: made) == ServiceResources.used(by: old))
        #expect(ServiceResources.wanted(by: made) == [.port("53/udp"), .port("8080/tcp")])
        // What is written can be named just so.
        let named = try kept(old, ContainerRun(ports: made.ports.map(\.text)))
        #expect(named.made.ports == made.ports && named.state.notes.isEmpty)
    }

    @Test func whatPortsNamesHolds() throws {
        let old = try container(ports: #""80/tcp": [{"HostIp": "", "HostPort": "8080"}]"#)
        for (port, note) in [
            ("8080:80", nil), ("127.0.0.1:8080:80", nil),
            ("8081:80", "“ports” publishes 80 elsewhere; port 8080 of the host does not answer for it any more"),
            ("8080:90", "port 8080 of the host is for 90 of the container from now on, no more for 80"),
        ] {
            let (state, made) = try kept(old, ContainerRun(ports: [port]))
            #expect(made.ports.map(\.text) == [port])
            #expect(state.notes == [note].compactMap { $0 })
        }
        let beside = try kept(old, ContainerRun(ports: ["9090:90"]))
        #expect(beside.made.ports.map(\.text) == ["9090:90", "8080:80"])
        let gone = try kept(old, before: ContainerRun(ports: ["8080:80"]))
        #expect(gone.made.ports.isEmpty)
        let note = "“ports” does not name 8080:80 any more: port 8080 of the host does not answer for it"
        #expect(gone.state.notes == [note])
        let host = try kept(old, ContainerRun(network: "host"))
        #expect(host.made.ports.isEmpty)
        #expect(host.state.notes.contains("8080:80 is not published any more: “network: host” publishes nothing"))
        #expect(try kept(try container(mode: "host", ports: Self.ports)).made.ports.isEmpty)
    }

    /// Those of an earlier version say nothing of ports: all are from its step.
    @Test func portsOfAnEarlierVersion() throws {
        let label = #"{"volumes": [], "networks": [], "aliases": []}"#
        let old = try container(
            labels: [DeployLabel.job: "1", DeployLabel.declared: label],
            ports: #""80/tcp": [{"HostIp": "", "HostPort": "8080"}]"#)
        #expect(ServiceContainer(old, .current).declared.ports == ["8080:80"])
    }

    @Test func addressesThatSomebodyGaveGoOn() throws {
        let old = try container(networks: ["front": [], "back": []], addresses: ["front": "10.1.0.9"])
        let (state, made) = try kept(old, ContainerRun(network: "front"))
        #expect(made.addresses == ["front": .init(ipv4Address: "10.1.0.9")])
        #expect(ServiceResources.wanted(by: made) == [.address("10.1.0.9", network: "front")])
        #expect(ServiceResources.used(by: old) == [.address("10.1.0.9", network: "front")])
        #expect(state.notes.contains { $0.contains("the address 10.1.0.9 in the network front") })
        #expect(try kept(old, ContainerRun(network: "host")).made.addresses.isEmpty)
        // Of one that a rollout made, only what it came by that way.
        let label = try ServiceContainer.label(made.addresses)
        for (labels, addresses) in [([:], [:]), ([DeployLabel.addresses: label], made.addresses)] {
            let next = try container(
                networks: ["front": []], labels: labels.merging([DeployLabel.job: "1"]) { $1 },
                addresses: ["front": "10.1.0.9"])
            #expect(try kept(next, ContainerRun(network: "front")).made.addresses == addresses)
        }
    }

    @Test func withoutAnOldOneThereAreTheStepsAliases() throws {
        let run = ContainerRun(network: "front", networks: ["back"], aliases: ["shop", "web"])
        let (state, made) = try kept(nil, run)
        #expect(state.aliases == ["front": ["shop"], "back": ["shop"]])
        #expect(state.notes.isEmpty && state.taken.isEmpty && made.network == "front")
    }
}
