import Contracts

extension ProcessSchema {
    /// Fields of the process as a whole, in both forms.
    private static var shared: [String: JSONValue] {
        [
            "version": .object(["const": 1, "description": "The version of this form."]),
            "name": name("The process' name."),
            "parameters": map(of: reference("parameter"), "What whoever starts a run may choose."),
            "environments": map(of: reference("environmentRule"), "What a rollout to an environment asks for."),
        ]
    }

    static var process: JSONValue {
        let own: [String: JSONValue] = [
            "secrets": array(of: reference("externalSecret"), "Secrets kept outside the platform."),
            "stages": array(of: reference("stage"), "The stages, in order.", minimum: 1),
        ]
        return object(
            shared.merging(own) { $1 }, required: ["stages"], "The compiled form: everything there is to run it.")
    }

    static var component: JSONValue {
        object(
            shared.merging(stageFields) { first, _ in first }, required: ["steps"],
            "The fuller form: a process of one stage.")
    }

    static var stage: JSONValue {
        object(stageFields, required: ["steps"], "Steps that share a workspace, a network and services.")
    }

    static var stageFields: [String: JSONValue] {
        [
            "name": name("The stage's name; unique."),
            "type": words(
                Stage.Kind.allCases.map(\.rawValue),
                "Containers or processes; by itself, containers if anything has an image."),
            "platform": reference("platform", "The machine it needs."),
            "node": map(of: reference("scalar"), "Labels a builder must have."),
            "environment": map(of: reference("value"), "Variables of every step."),
            "image_pull_secrets": reference("texts", "Secrets that hold registry logins."),
            "depends_on": reference("texts", "Stages that end before this one starts."),
            "concurrency": reference("concurrency", "How many runs of it at the same time."),
            "clone": reference("clone", "How the source gets into the workspace."),
            "workspace": reference("workspace", "Where the source is in a step's container."),
            "volumes": array(of: reference("volume"), "Places steps share besides the workspace."),
            "services": array(of: reference("service"), "Run beside the steps."),
            "trigger": reference("condition", "When the stage takes part."),
            "timeout": reference("duration", "How long the stage may take."),
            "matrix": reference("matrix", "Variants of the stage; in the compiled form the values of this one."),
            "steps": array(of: reference("step"), "The steps.", minimum: 1),
        ]
    }

    static var parameter: JSONValue {
        any(
            of: [
                reference("scalar", "The default alone."),
                array(of: reference("scalar"), "The values allowed, the default first."),
                object(
                    [
                        "type": words(Parameter.Kind.allCases.map(\.rawValue), "string if absent."),
                        "default": reference("scalar", "What holds where nothing is given."),
                        "values": array(of: reference("scalar"), "The only values allowed."),
                        "description": text("For people."),
                    ], "A parameter."),
            ], "Something that may be chosen when a run is started.")
    }

    static var environmentRule: JSONValue {
        object(
            [
                "approvals": integer("How many people have to approve.", from: 0, to: 100),
                "branches": reference("texts", "Only these branches (globs) may be rolled out."),
                "url": text("Where the result can be seen."),
            ], "What a rollout to an environment asks for.")
    }

    static var externalSecret: JSONValue {
        object(
            [
                "name": name("How the process calls it."), "path": name("Where the store keeps it."),
                "key": name("The key there."),
            ], required: ["name", "path", "key"], "A secret kept outside the platform.")
    }

    static var condition: JSONValue {
        var fields: [String: JSONValue] = [:]
        let matchers = [
            "branch": "The pushed branch, or a merge request's target.", "event": "What happened.",
            "ref": "The whole ref.", "repo": "The repository's path.", "instance": "The platform's host name.",
            "target": "The environment of a promotion or rollback.", "cron": "The schedule's name.",
            "action": "What happened to the merge request.", "paths": "The changed paths; one has to match.",
        ]
        for (name, description) in matchers { fields[name] = reference("matcher", description) }
        let status = words(Condition.Status.allCases.map(\.rawValue), "A state.")
        fields["status"] = any(
            of: [status, array(of: status, "States."), reference("matcher")],
            "What the state before has to be; success if absent.")
        return object(fields, "Clauses that all have to hold.")
    }

    static var matcher: JSONValue {
        any(
            of: [
                reference("texts"),
                object(
                    [
                        "include": reference("texts", "One has to match."),
                        "exclude": reference("texts", "None may match."),
                    ],
                    "Globs."),
            ], "Globs: * within a segment, ** across, ? one character, [a-z] classes, {a,b} alternatives.")
    }

    static var platform: JSONValue {
        any(
            of: [
                text("As linux/arm64."),
                object(
                    [
                        "os": name("Such as linux."), "arch": name("Such as amd64."), "variant": name("Such as v7."),
                        "version": name("Of the operating system."),
                    ], "A machine."),
            ], "The machine a stage needs.")
    }

    static var clone: JSONValue {
        any(
            of: [
                .object(["type": "boolean"]),
                object(
                    [
                        "disable": bool("No source at all."),
                        "depth": integer("Commits of history; 0 for the builder's choice.", from: 0, to: 1_000_000),
                        "retries": integer("How often a failed fetch is tried again.", from: 0, to: 10),
                        "skip_verify": bool("Do not verify the server's certificate."),
                        "trace": bool("Log what Git does."),
                        "submodules": bool("Whether submodules come along."),
                        "lfs": bool("Whether files of Git LFS come along."),
                    ], "How the source is fetched."),
            ], "How the source gets into the workspace.")
    }

    static var workspace: JSONValue {
        any(
            of: [
                text("The path alone."),
                object(["base": name("/drone/src if absent."), "path": name("Below the base.")], "A directory."),
            ], "Where the source is in a step's container.")
    }

    static var volume: JSONValue {
        let temporary = object(
            ["medium": words(["memory"], "A disk if absent."), "size_limit": reference("size", "How much fits.")],
            "Made for the run and gone with it.")
        return object(
            [
                "name": name("How steps call it."),
                "temp": any(of: [.object(["type": "null"]), temporary], "Made for the run and gone with it."),
                "host": object(["path": name("Its path.")], required: ["path"], "A directory of the builder's host."),
            ], required: ["name"], "A place steps share.")
    }

    static var concurrency: JSONValue {
        any(
            of: [
                integer("The limit alone.", from: 0, to: 1000),
                object(
                    ["limit": integer("At most so many; 0 for no limit.", from: 0, to: 1000)], required: ["limit"],
                    "A limit."),
            ], "How many runs of a stage at the same time.")
    }

    static var matrix: JSONValue {
        let variants = array(of: map(of: reference("scalar"), "Values by axis."), "Combinations.")
        return .object([
            "type": "object", "properties": ["include": variants, "exclude": variants],
            "additionalProperties": any(
                of: [reference("scalar"), array(of: reference("scalar"), "Its values.")], "An axis."),
            "description": "Axes with their values, or the values chosen.",
        ])
    }
}
