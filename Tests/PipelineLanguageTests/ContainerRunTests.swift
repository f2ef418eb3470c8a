import PipelineLanguage
import Testing

@Suite("What a container runs with on a Docker host")
struct ContainerRunTests {
    @Test(
        "ports",
        arguments: [
            ("80", [.init(container: 80)]), ("8080:80", [.init(container: 80, host: 8080)]),
            (":80", [.init(container: 80)]),
            ("127.0.0.1:53:5353/udp", [.init(container: 5353, host: 53, address: "127.0.0.1", transport: "udp")]),
            ("127.0.0.1::80", [.init(container: 80, address: "127.0.0.1")]),
            ("[::1]:8080:80", [.init(container: 80, host: 8080, address: "::1")]),
            ("[2001:db8:0:0:0:0:0:1]::80", [.init(container: 80, address: "2001:db8:0:0:0:0:0:1")]),
            ("80-81", [.init(container: 80), .init(container: 81)]),
            (
                "8000-8001:80-81/udp",
                [
                    .init(container: 80, host: 8000, transport: "udp"),
                    .init(container: 81, host: 8001, transport: "udp"),
                ]
            ),
        ] as [(String, [ContainerRun.Port])])
    func ports(_ text: String, _ ports: [ContainerRun.Port]) throws {
        #expect(try ContainerRun.ports(text) == ports)
    }

    @Test(
        "no ports",
        arguments: [
            ("", "is not a port such as"), ("web", "is not a port"), ("80:web", "is not a port"),
            ("0:80", "is not a port"),
            ("70000:80", "is not a port"), ("8080:80/ftp", "is not a port"), ("81-80", "is not a port"),
            ("80-", "is not a port"),
            ("1-2-3", "is not a port"), ("::80", "is not a port"), ("8000-8002:80-81", "3 ports of the host for 2"),
            ("8000-8010:80", "as many on both sides"),
            ("80:80:80:80:80", "is not a port"), ("localhost:80:80", "is not a port"), ("1.2.3:80:80", "is not a port"),
            ("1.2.3.256:80:80", "is not a port"), ("[1::2::3]:80:80", "is not a port"),
        ])
    func noPorts(_ text: String, _ words: String) {
        let error = #expect(throws: ContainerRun.Problem.self) { try ContainerRun.ports(text) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test("signals")
    func signals() throws {
        for signal in ["SIGQUIT", "TERM", "9", "SIGRTMIN+3"] { try ContainerRun.signal(signal) }
        for signal in ["", "SIGTEM", "sigterm", "0", "65"] {
            let error = #expect(throws: ContainerRun.Problem.self) { try ContainerRun.signal(signal) }
            #expect(error?.description == "“\(signal)” is not a signal such as SIGTERM, SIGQUIT or SIGINT")
        }
    }

    @Test("volumes")
    func volumes() throws {
        #expect(try ContainerRun.volume("/srv:/data:ro") == .init(source: "/srv", path: "/data", isReadOnly: true))
        #expect(try ContainerRun.volume("data:/data:rw") == .init(source: "data", path: "/data"))
        #expect(try ContainerRun.volume("/srv:/data").isFolder)
    }

    @Test(
        "no volumes",
        arguments: [
            ("/srv", "as in data:/srv"), ("data:relative", "is not a volume such as"), ("a:/b:rx", "not “rx”"),
            (":/data", "is not a volume"), ("/srv/web:/data:ro,Z", "chcon -Rt container_file_t /srv/web"),
            ("data:/data:z", "for folders of the host"),
            ("./web:/data", "/srv/data:/data"), ("~/web:/data", "from the root"), ("a:/b:cached", "no effect on Linux"),
        ])
    func noVolumes(_ text: String, _ words: String) {
        let error = #expect(throws: ContainerRun.Problem.self) { try ContainerRun.volume(text) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
}
