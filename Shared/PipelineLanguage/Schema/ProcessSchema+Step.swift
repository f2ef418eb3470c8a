import Contracts

extension ProcessSchema {
    static var step: JSONValue {
        var fields = stepFields
        fields["step"] = name("The step's name; unique in its stage.")
        fields["name"] = name("The step's name, as Drone has it.")
        return .object([
            "type": "object", "properties": .object(fields), "additionalProperties": false,
            "oneOf": [["required": ["step"]], ["required": ["name"]]],
            "description": "One piece of work: commands, a plugin, an image build or a rollout.",
        ])
    }

    static var service: JSONValue {
        var fields = stepFields
        fields["build"] = nil
        fields["deploy"] = nil
        fields["service"] = name("The service's name and host name; unique in its stage.")
        fields["name"] = name("The service's name, as Drone has it.")
        return any(
            of: [
                text("An image alone; the service is called after it."),
                .object([
                    "type": "object", "properties": .object(fields), "additionalProperties": false,
                    "oneOf": [["required": ["service"]], ["required": ["name"]]],
                ]),
            ], "Something that runs beside the steps.")
    }

    static var stepFields: [String: JSONValue] {
        containerFields.merging(workFields) { $1 }
    }

    private static var containerFields: [String: JSONValue] {
        [
            "image": name("The container's image."),
            "pull": any(
                of: [
                    words(PullPolicy.allCases.map(\.rawValue) + ["default"], "A policy."), .object(["type": "boolean"]),
                ],
                "When the image is pulled."),
            "command": reference("texts", "Replaces the image's command."),
            "entrypoint": reference("texts", "Replaces the image's entry point."),
            "shell": name("The shell of the commands."),
            "environment": map(of: reference("value"), "Variables."),
            "settings": map(of: reference("setting"), "What a plugin is told, as PLUGIN_… variables."),
            "privileged": bool("Give the container the host's rights."),
            "user": any(of: [name("A name or number."), .object(["type": "integer"])], "Who runs it."),
            "working_dir": name("Where it starts."),
            "volumes": array(of: reference("mount"), "Volumes and where the step finds them."),
            "devices": array(of: reference("mount"), "Devices and where the step finds them."),
            "dns": reference("texts", "Name servers."),
            "dns_search": reference("texts", "Search domains."),
            "extra_hosts": reference("texts", "Hosts as name:address."),
            "network_mode": name("The container's network."),
            "mem_limit": reference("size", "Memory."),
            "memswap_limit": reference("size", "Memory and swap together."),
            "shm_size": reference("size", "Shared memory."),
            "cpus": .object([
                "type": "number", "minimum": .number(0.01), "maximum": .integer(4096),
                "description": "The most CPUs at a time.",
            ]),
            "pids_limit": integer("The most processes and threads at a time.", from: 16, to: 4_194_304),
        ]
    }

    private static var workFields: [String: JSONValue] {
        [
            "commands": reference("texts", "Lines of one shell script; it stops at the first that fails."),
            "depends_on": reference("texts", "Steps that end before this one starts."),
            "when": reference("condition", "When the step takes part."),
            "detach": bool("Later steps do not wait for its end."),
            "failure": words(["fail", "ignore", "fast", "fast-fail", "fail-fast"], "What its failure does."),
            "build": reference("build", "Build an image and push it."),
            "deploy": reference("deploy", "Roll out."),
            "outputs": reference("texts", "Names of what it hands on through $SLIPWAY_OUTPUT."),
            "timeout": reference("duration", "How long one try may take."),
            "retry": reference("retry", "How often it is tried again."),
            "cache": any(
                of: [reference("texts"), reference("cache"), array(of: reference("cache"), "Caches.")],
                "Files kept between runs; texts are paths."),
            "artifacts": reference("artifacts", "Files left for people and later stages."),
            "ready": reference("probe", "When a service or detached step counts as running."),
        ]
    }

    static var mount: JSONValue {
        object(
            ["name": name("The volume."), "path": name("Where the step finds it.")], required: ["name", "path"],
            "A volume in a step.")
    }

    static var build: JSONValue {
        let fields: [String: JSONValue] = [
            "context": name("The directory sent to the engine; . if absent."),
            "dockerfile": name("Relative to the context."),
            "repository": name("With the registry's host, without a tag."),
            "tags": reference("texts", "latest if absent."),
            "target": name("The stage of the Dockerfile to stop at."),
            "args": map(of: reference("value"), "Build arguments."),
            "labels": map(of: reference("scalar"), "Labels of the image."),
            "cache_from": reference("texts", "Images whose layers may be reused."),
            "platform": name("Such as linux/arm64."),
            "pull": bool("Ask the registry for newer base images."),
            "no_cache": bool("Reuse no layer."),
            "push": bool("Push it to the registry.", standard: true),
            "username": reference("value", "The login, where the platform has none."),
            "password": reference("value", "The login's password."),
        ]
        return any(
            of: [text("The repository alone."), object(fields, required: ["repository"], "An image.")],
            "An image to build from the workspace and to push.")
    }

    static var deploy: JSONValue {
        var schema: [String: JSONValue] = [:]
        if case .object(let object) = object(
            [
                "environment": name("Such as production."),
                "workload": .object([
                    "type": "string", "pattern": "^[A-Za-z]+/.+$",
                    "description": "As deployment/web, statefulset/web or daemonset/web.",
                ]),
                "namespace": name("The workload's namespace."),
                "container": name("The container of the pods, or on the Docker host; the workload's name if absent."),
                "image": name("What to roll out; the image of the build step before if absent."),
                "cluster": name("Which cluster or host."),
                "run": reference("run", "How the container runs on a single Docker host."),
                "rollback": bool("Undo a rollout that fails.", standard: true),
                "soak": reference("duration", "How long what was rolled out has to stay well before it is a success."),
            ], required: ["environment"], "A rollout of a workload, or of a container on a Docker host.")
        {
            schema = object
        }
        schema["oneOf"] = [["required": ["workload"]], ["required": ["run"]]]
        return .object(schema)
    }

    static var probe: JSONValue {
        let seconds = "A time."
        return any(
            of: [
                integer("The port alone.", from: 1, to: 65535),
                object(
                    [
                        "port": integer("Has to accept connections.", from: 1, to: 65535),
                        "path": name("Has to answer with 2xx or 3xx."),
                        "command": reference("texts", "Has to exit with 0; one text is a shell's line."),
                        "timeout": reference("duration", seconds), "interval": reference("duration", seconds),
                    ], "A probe."),
            ], "How one finds out that it works.")
    }

    static var retry: JSONValue {
        any(
            of: [
                integer("Tries after the first.", from: 0, to: 10),
                object(
                    [
                        "max": integer("Tries after the first.", from: 0, to: 10),
                        "exit_codes": any(
                            of: [
                                integer("One code.", from: 0, to: 255),
                                array(of: integer("A code.", from: 0, to: 255), "Codes."),
                            ], "The only exit codes worth another try."),
                        "delay": reference("duration", "The pause before another try."),
                    ], required: ["max"], "How."),
            ], "How often a step that failed is tried again.")
    }

    static var cache: JSONValue {
        object(
            [
                "key": any(
                    of: [
                        name("A text."),
                        object(["files": reference("texts", "Files."), "prefix": text("Before them.")], "From files."),
                    ], "Runs with the same key share it."),
                "files": reference("texts", "Files whose content becomes part of the key."),
                "paths": reference("texts", "What is kept."),
                "fallback": reference("texts", "Keys to look under if there is nothing under the key."),
                "policy": words(Cache.Policy.allCases.map(\.rawValue), "pull-push if absent."),
            ], required: ["paths"], "Files kept between runs.")
    }

    static var artifacts: JSONValue {
        any(
            of: [
                reference("texts"),
                object(
                    [
                        "name": name("The archive's name."), "paths": reference("texts", "Globs."),
                        "keep": reference("duration", "How long."),
                        "when": words(Artifacts.Occasion.allCases.map(\.rawValue), "success if absent."),
                    ], required: ["paths"], "Which and how long."),
            ], "Files a step leaves.")
    }

    // MARK: Values

    static var secret: JSONValue {
        object(
            ["from_secret": name("The secret's name.")], required: ["from_secret"], "A secret only the worker learns.")
    }

    static var value: JSONValue {
        any(of: [reference("scalar"), .object(["type": "null"]), reference("secret")], "Text, or a secret.")
    }

    static var setting: JSONValue { .object(["description": "Any JSON, or {\"from_secret\": NAME}."]) }

    static var scalar: JSONValue {
        .object([
            "type": ["string", "number", "boolean"],
            "description": "Text; numbers and truth values as they are written.",
        ])
    }

    static var texts: JSONValue {
        any(
            of: [reference("scalar"), array(of: reference("scalar"), "Texts.")],
            "A list of texts; one alone counts as a list.")
    }

    static var duration: JSONValue {
        any(
            of: [integer("Seconds.", from: 1, to: 3_153_600_000), .object(["type": "string", "pattern": "^[0-9]"])],
            "Seconds, or a text such as 90s, 10m or 1h 30m.")
    }

    static var size: JSONValue {
        any(
            of: [.object(["type": "integer", "minimum": 0]), .object(["type": "string", "pattern": "^[0-9]"])],
            "Bytes, or a text such as 512m or 2g.")
    }
}
