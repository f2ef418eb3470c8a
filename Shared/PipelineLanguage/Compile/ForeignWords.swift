/// Words of other pipeline formats, and what they are called here. The same word may mean something else in another place.
enum ForeignWords {
    /// The mapping a word is in.
    private enum Place {
        case pipeline, step, service, condition, volume, mount, clone, build, deploy, run, artifacts, parameter, other

        init(_ what: String) {
            self =
                switch what {
                case "a pipeline", "the document", "a stage": .pipeline
                case "a step": .step
                case "a service": .service
                case "“when”", "“trigger”": .condition
                case "a volume", "“temp”", "“host”": .volume
                case "an entry of “volumes”", "an entry of “devices”": .mount
                case "“clone”": .clone
                case "“build”": .build
                case "“deploy”": .deploy
                case "“run”": .run
                case "“artifacts”": .artifacts
                case "a parameter": .parameter
                default: .other
                }
        }
    }

    /// What to write instead, or `nil` for a word of no other format.
    /// - Parameter fields: All keys of the mapping.
    static func hint(_ word: String, in what: String, beside fields: [String]) -> String? {
        let place = Place(what)
        switch place {
        case .pipeline: return meaning(of: word, in: pipeline, order, variables) ?? condition(word, "trigger")
        case .step:
            let isPlugin = fields.contains("image") && !fields.contains { scriptWords.contains($0) }
            if isPlugin || fields.contains("settings"), pluginWords.contains(word) {
                return "what a plugin is told is indented below “settings”"
            }
            return meaning(of: word, in: step, work, order, variables) ?? condition(word, "when")
        case .service: return meaning(of: word, in: service, work, variables) ?? condition(word, "when")
        case .condition: return meaning(of: word, in: clauses)
        case .volume: return meaning(of: word, in: volume)
        case .mount: return meaning(of: word, in: mount)
        case .clone: return meaning(of: word, in: clone)
        case .build: return meaning(of: word, in: build)
        case .deploy: return meaning(of: word, in: deploy)
        case .run: return meaning(of: word, in: run, variables)
        case .artifacts: return word == "expire_in" ? "how long artifacts are kept is called “keep”" : nil
        case .parameter: return word == "options" ? "the values a parameter may have are called “values”" : nil
        case .other: return nil
        }
    }

    /// What a word is called here, in whatever spelling it is; the first of the tables that has it says so.
    private static func meaning(of word: String, in tables: [String: String]...) -> String? {
        for table in tables {
            if let meaning = table[word] { return meaning }
            if let key = table.keys.sorted().first(where: { word.isSpelling(of: $0) }) { return table[key] }
        }
        return nil
    }

    /// Whether a mapping is a step that runs an image as it is, so that a field nobody knows may be meant for the image.
    static func isPlugin(_ what: String, _ entries: [SourceEntry]) -> Bool {
        guard Place(what) == .step else { return false }
        let keys = Set(entries.map(\.key))
        return keys.contains("settings")
            || keys.contains("image") && keys.isDisjoint(with: ["commands", "command", "entrypoint", "detach"])
    }

    private static func condition(_ word: String, _ name: String) -> String? {
        switch word {
        case "only", "rules", "if", "condition", "conditions": "conditions are called “\(name)”"
        case "except": "conditions are called “\(name)”, with “exclude”"
        case "on", "when", "trigger":
            "the condition of a \(name == "when" ? "step" : "whole pipeline") is called “\(name)”"
        case "branches", "branch", "event", "events", "ref", "paths", "status", "target", "cron":
            "conditions are in “\(name)”"
        default: nil
        }
    }

    private static let secret = "a secret is a value of “environment” or “settings”: {from_secret: NAME}"

    private static let variables: [String: String] = [
        "secret": secret,
        "secrets": secret,
        "from_secret": secret,
        "from_secrets": secret,
        "secret_env": secret,
        "secret_names": secret,
        "secret_files": secret,
        "credential": secret,
        "credentials": secret,
        "vars": "variables are called “environment”",
        "env_vars": "variables are called “environment”",
        "environment_variables": "variables are called “environment”",
        "variables": "variables are called “environment”",
        "env": "variables are called “environment”",
        "envs": "variables are called “environment”",
        "env_file": "variables are listed in “environment”",
    ]

    private static let order: [String: String] = [
        "needs": "what has to end before is called “depends_on”",
        "requires": "what has to end before is called “depends_on”",
        "dependencies": "what has to end before is called “depends_on”",
        "after": "what has to end before is called “depends_on”",
        "stages": "the order is told by “depends_on”",
        "stage": "the order is told by “depends_on”",
        "extends": "use YAML's anchors and “<<”, or “kind: template”",
        "include": "use YAML's anchors and “<<”, or “kind: template”",
        "tags": "the labels a builder must have are called “node”, in the pipeline",
        "runs-on": "the labels a builder must have are called “node”, in the pipeline",
        "label": "the labels a builder must have are called “node”, in the pipeline",
        "labels": "the labels a builder must have are called “node”, in the pipeline",
        "parallel": "several variants of a pipeline are made by “matrix”",
    ]

    private static let pipeline: [String: String] = [
        "tags": "the labels a builder must have are called “node”",
        "runs-on": "the labels a builder must have are called “node”",
        "labels": "the labels a builder must have are called “node”",
        "agent": "the labels a builder must have are called “node”",
        "jobs": "a job is a separate document with “kind: pipeline”, or an entry of “steps”",
        "pipeline": "steps are listed under “steps”, each with a “name”",
        "script": "shell lines are the “commands” of a step",
        "commands": "shell lines are the “commands” of a step",
        "image": "an image is that of a step; keep one for all under an anchor",
        "before_script": "put the lines first among a step's “commands”",
        "registry": "logins of registries are kept on the platform, or named in “image_pull_secrets”",
        "registries": "logins of registries are kept on the platform, or named in “image_pull_secrets”",
        "params": "values that may be given are called “parameters”",
        "inputs": "values that may be given are called “parameters”",
        "notify": "write a step with “when: {status: [success, failure]}”, or give the platform a channel",
        "notifications": "write a step with “when: {status: [success, failure]}”, or give the platform a channel",
        "default": "keep what is the same for all under an anchor",
        "defaults": "keep what is the same for all under an anchor",
        "description": "write it as a comment: # …",
        "skip_clone": "write “clone: false”",
        "runs_on": "the state of the pipelines before is “trigger: {status: […]}”",
        "cache": "“cache” is a step's",
        "artifacts": "“artifacts” is a step's",
    ]

    private static let work: [String: String] = [
        "script": "shell lines are called “commands”",
        "run": "shell lines are called “commands”",
        "before_script": "put the lines first among the “commands”",
        "args": "what an image is called with is “command”, its program “entrypoint”",
        "cmd": "what an image is called with is “command”, its program “entrypoint”",
        "tmpfs": "a directory in memory is a volume of the pipeline: {name: NAME, temp: {medium: memory}}",
        "directory": "the directory is called “working_dir”",
        "working-directory": "the directory is called “working_dir”",
        "working_directory": "the directory is called “working_dir”",
        "workdir": "the directory is called “working_dir”",
        "cwd": "the directory is called “working_dir”",
        "dir": "the directory is called “working_dir”",
        "memory": "memory is “mem_limit”",
        "mem": "memory is “mem_limit”",
        "cpu": "the most processors are “cpus”",
        "pull_policy": "when the image is pulled is called “pull”",
        "image_pull_policy": "when the image is pulled is called “pull”",
        "links": "steps and services reach each other under their names",
        "cap_add": "a container's rights are the builder's to give; a trusted one takes “privileged: true”",
        "cap_drop": "a container's rights are the builder's to give",
        "security_opt": "a container's rights are the builder's to give",
        "ulimits": "a container's limits are the builder's to set",
        "tty": "a step has no terminal",
        "stdin_open": "a step has no terminal",
        "network": "the network is “network_mode”",
        "networks": "the network is “network_mode”",
        "hostname": "other steps reach it under its name",
        "container_name": "other steps reach it under its name",
    ]

    private static let step: [String: String] = [
        "after_script": "use a separate step with “when: {status: [success, failure]}”",
        "allow_failure": "write “failure: ignore”",
        "continue-on-error": "write “failure: ignore”",
        "allow_failures": "write “failure: ignore”",
        "ignore_failure": "write “failure: ignore”",
        "ignore_error": "write “failure: ignore”",
        "ignore_errors": "write “failure: ignore”",
        "optional": "write “failure: ignore”",
        "on_failure": "a step for failures says “when: {status: [failure]}”",
        "on_success":
            "a step runs after successes only; one for failures too says “when: {status: [success, failure]}”",
        "timeout_minutes": "how long it may take is called “timeout”: 10m",
        "matrix": "“matrix” is the pipeline's",
        "sidecar": "what runs beside the steps is a service, or a step with “detach: true”",
        "background": "what runs beside the steps is a service, or a step with “detach: true”",
        "healthcheck": "“ready” says when it can be used: a port, a path or a command",
        "group": "steps that may run at the same time name what they wait for in “depends_on”",
        "uses": "a ready-made step is an “image” with “settings”",
        "with": "what a plugin is told is called “settings”",
        "params": "what a plugin is told is called “settings”",
        "vargs": "what a plugin is told is called “settings”",
        "helm": "a rollout names its “workload” and “container”; run helm itself in a step with “commands”",
        "services": "“services” are the pipeline's",
        "expire_in": "how long artifacts are kept is called “keep”, in “artifacts”",
    ]

    private static let service: [String: String] = [
        "healthcheck": "“ready” says when it can be used: a port, a path or a command",
        "restart": "a service that ends is not started again",
        "alias": "a service is reached under its “name”",
        "args": "what an image is called with is “command”, its program “entrypoint”",
    ]

    private static let clauses: [String: String] = [
        "path": "conditions on changed files are called “paths”",
        "changes": "conditions on changed files are called “paths”",
        "files": "conditions on changed files are called “paths”",
        "branches": "the condition is called “branch”",
        "events": "the condition is called “event”",
        "refs": "the condition is called “ref”",
        "tag": "a tag is “event: tag”, and its name “ref: refs/tags/v*”",
        "tags": "a tag is “event: tag”, and its name “ref: refs/tags/v*”",
        "environment": "the environment of a promotion is called “target”",
        "matrix": "leave a combination out with “exclude” in “matrix”",
        "platform": "the pipeline's “platform” chooses the builder",
        "local": "leave it out: a step runs wherever its other conditions hold",
        "evaluate": "there are no expressions; clauses are branch, event, ref, paths and others",
        "expression": "there are no expressions; clauses are branch, event, ref, paths and others",
        "if": "there are no expressions; clauses are branch, event, ref, paths and others",
        "message": "ask for it in a command: “case \"$DRONE_COMMIT_MESSAGE\" in …”",
    ]

    private static let volume: [String: String] = [
        "path":
            "a directory of the builder's host is {name: NAME, host: {path: PATH}}; where a step sees it is said in the step",
        "host_path": "a directory of the builder's host is {name: NAME, host: {path: PATH}}",
        "hostPath": "a directory of the builder's host is {name: NAME, host: {path: PATH}}",
        "emptyDir": "a directory for the run is {name: NAME, temp: {}}",
        "tmpfs": "a directory in memory is {name: NAME, temp: {medium: memory}}",
        "driver": "a volume is “temp” or “host”",
        "size": "what fits is “size_limit”",
    ]

    private static let mount: [String: String] = [
        "read_only": "every volume of a step can be written to",
        "readonly": "every volume of a step can be written to",
        "readOnly": "every volume of a step can be written to",
        "mountPath": "where the step sees it is called “path”",
        "mount_path": "where the step sees it is called “path”",
        "target": "where the step sees it is called “path”",
        "source": "a step names a volume of the pipeline, which says what it is: {name: NAME, host: {path: PATH}}",
        "host": "a step names a volume of the pipeline, which says what it is: {name: NAME, host: {path: PATH}}",
        "temp": "a step names a volume of the pipeline, which says what it is: {name: NAME, temp: {}}",
    ]

    private static let clone: [String: String] = [
        "image": "the builder itself checks the source out; for an own way write “disable: true” and a step",
        "recursive": "write “submodules: true”",
        "git": "what is said of the clone is directly below “clone”",
        "tags": "tags come along anyway",
        "partial": "how much history comes along is “depth”",
        "fetch-depth": "how much history comes along is “depth”",
    ]

    private static let build: [String: String] = [
        "repo": "where the image is pushed to is called “repository”",
        "image": "where the image is pushed to is called “repository”",
        "destination": "where the image is pushed to is called “repository”",
        "registry": "the registry is the beginning of “repository”",
        "tag": "its tags are listed under “tags”",
        "auto_tag": "its tags are listed under “tags”: [\"${DRONE_TAG}\", latest]",
        "build_args": "its arguments are called “args”",
        "buildargs": "its arguments are called “args”",
        "build_arg": "its arguments are called “args”",
        "file": "the file is called “dockerfile”",
        "path": "the directory is called “context”",
        "cache": "images to take layers from are listed under “cache_from”",
        "platforms": "an image is built for one “platform”",
        "dry_run": "write “push: false”",
    ]

    private static let deploy: [String: String] = [
        "deployment": "write “workload: deployment/NAME”",
        "statefulset": "write “workload: statefulset/NAME”",
        "daemonset": "write “workload: daemonset/NAME”",
        "target": "where it goes is called “environment”",
        "helm": "a rollout names its “workload” and “container”; run helm itself in a step with “commands”",
        "kubeconfig": "the deployer of the “cluster” has its credentials",
        "server": "the deployer of the “cluster” has its credentials",
        "ports": "what a container is started with is in “run”",
        "volumes": "what a container is started with is in “run”",
        "command": "what a container is started with is in “run”",
    ]

    private static let run: [String: String] = [
        "image": "the image is said beside “run”",
        "name": "the container's name is “container”, beside “run”",
        "container_name": "the container's name is “container”, beside “run”",
    ]

    /// What plugins are told most, and what other words of the same name would mean in a step.
    /// What a step has that is no plugin's.
    private static let scriptWords: Set<String> = ["commands", "command", "entrypoint", "script", "run", "detach"]

    private static let pluginWords: Set<String> = [
        "tags", "labels", "args", "repo", "registry", "target", "branch", "event", "path", "message", "with", "params",
    ]
}
