extension Difference {
    /// The table of the page, in its order.
    static let all: [Difference] = kinds + expressions + conditions + fields + values

    private static let kinds: [Difference] = [
        Difference(
            "`kind: pipeline`, `type: docker`, `type: exec`", "the same", "",
            .compiles("kind: pipeline\ntype: docker\nname: a\nsteps: [{name: a, image: x, commands: [a]}]"),
            .compiles("kind: pipeline\ntype: exec\nname: a\nsteps: [{name: a, commands: [a]}]")),
        Difference(
            "`type: kubernetes`",
            "runs as docker, with a warning: services answer under their names, not at localhost; a volume of kind `claim` is empty",
            "one kind of builder, chosen by `platform` and `node`",
            .warns(
                "kind: pipeline\ntype: kubernetes\nservices: [{name: d, image: y}]\nsteps: [{name: a, image: x, commands: [a]}]",
                "“d” answers under its name, not at localhost"),
            .warns(
                "type: kubernetes\nvolumes: [{name: v, claim: {name: c}}]", "empty when a run begins")),
        Difference(
            "`metadata`, `node_selector`, `node_name`, `tolerations`, `service_account_name`, `host_aliases`, `dns_config`, `policy`, `resources`",
            "passed over, with a warning that says what to use", "there are no pods",
            .warns("node_selector: {a: b}", "“node” has the labels"), .warns("node_name: a", "has no effect"),
            .warns("metadata: {namespace: a}", "has no effect"), .warns("tolerations: [{key: a}]", "has no effect"),
            .warns("service_account_name: a", "has no effect"), .warns("dns_config: {a: [b]}", "has no effect"),
            .warns("host_aliases: [{ip: 10.0.0.1, hostnames: [a]}]", "“extra_hosts” of a step"),
            .warns("steps: [{name: a, image: x, commands: [a], resources: {limits: {cpu: 1}}}]", "“mem_limit”")),
        Difference(
            "types ssh, digitalocean, macstadium, aws, vm", "an error that says what to use",
            "one kind of builder, chosen by `platform` and `node`",
            .refuses("kind: pipeline\ntype: vm\nsteps: [{name: a, comands: [a]}]", "use type docker"),
            .refuses("kind: pipeline\ntype: ssh\nsteps: [{name: a, image: x, commands: [a]}]", "are not run")),
        Difference(
            "no `type`", "containers if anything has an image, else processes",
            "so that the shortest component needs none",
            .becomes("steps: [{name: a, commands: [a]}]", #""type":"exec""#),
            .becomes("steps: [{name: a, image: x, commands: [a]}]", #""image":"x""#)),
        Difference(
            "`kind: secret` with `get`", "read, not fetched yet, with a warning", "the platform asks no other store",
            .warns(
                """
                steps: [{name: a, image: x, commands: [a]}]
                ---
                kind: secret
                name: token
                get: {path: p, name: k}
                """, "asks no other store")),
        Difference(
            "`kind: secret` with `data` (encrypted)", "an error", "secrets are kept on the platform",
            .refuses("kind: secret\nname: token\ndata: abc", "keep “token” on the platform")),
        Difference(
            "`kind: signature`", "passed over", "who may change a pipeline is decided on the platform",
            .warns(
                "steps: [{name: a, image: x, commands: [a]}]\n---\nkind: signature\nhmac: abc",
                "a signature has no effect")),
        Difference(
            "`kind: template` with Starlark or Jsonnet", "an error",
            "a template is a component with `parameters`; `data` gives their values",
            .refuses("kind: template\nload: build.star", "is a program")),
        Difference(
            "`kind: cron`", "passed over, with a warning",
            "schedules are kept on the platform: `slipway cron set`",
            .warns(
                "steps: [{name: a, image: x, commands: [a]}]\n---\nkind: cron\nname: n",
                "schedules are kept on the platform")),
        Difference(
            "`kind: registry` (0.8)", "passed over, with a warning", "registry logins are kept on the platform",
            .warns("steps: [{name: a, image: x, commands: [a]}]\n---\nkind: registry\ndata: n", "kept on the platform")),
    ]

    private static let expressions: [Difference] = [
        Difference(
            "`${VAR}` replaced in the source before it is read", "replaced in the values after it is read",
            "a commit message cannot change what a file means",
            .becomes(
                "steps: [{name: a, image: \"${DRONE_COMMIT_MESSAGE}\", commands: [a]}]", "${DRONE_COMMIT_MESSAGE}")),
        Difference(
            "`${VAR}` in names of steps, pipelines and volumes", "stays as it is written, with a warning",
            "others refer to names; a matrix can make them",
            .warns("steps: [{name: \"a${DRONE_BRANCH}\", image: x, commands: [a]}]", "stays as it is")),
        Difference(
            "`${VAR}` of nobody is empty", "the same, with a warning; in `commands` it is left for the shell",
            "shell variables need no `$${…}`",
            .warns("steps: [{name: a, image: \"x${NOPE}\", commands: [a]}]", "is empty"), .text("[${NOPE}]", [:], "[]"),
            .command("echo ${NOPE}", [:], "echo ${NOPE}")),
        Difference(
            "`$$` is one `$`, also in commands", "the same; the shell's process id is `$$$$`", "",
            .text("$$HOME $${x} $$$$", [:], "$HOME ${x} $$"), .command("echo $$2 $$$$", [:], "echo $2 $$")),
        Difference(
            "`${VAR}` in `commands` is written into the script",
            "so is a plain value; any other is a variable that the script names",
            "what people write is data, not script",
            .command("echo ${DRONE_TAG}", ["DRONE_TAG": "v1"], "echo v1"),
            .command("echo ${DRONE_COMMIT_MESSAGE}", ["DRONE_COMMIT_MESSAGE": "`id`"], "echo ${DRONE_COMMIT_MESSAGE}"),
            .test("PipelineLanguageTests/VariableOrderTests.swift", "variables where they are not")),
        Difference(
            "`${VAR:x}` is all of `VAR`, `${#VAR}` counts bytes", "an error about the number; characters are counted",
            "",
            .refuses("steps: [{name: a, image: \"x${DRONE_TAG:x}\", commands: [a]}]", "is not a number"),
            .text("${#A}", ["A": "é"], "1")),
        Difference(
            "`${VAR/a/b}` replaces the text `a`", "`a` is a pattern, as in a shell", "",
            .text("${A/b*/x}", ["A": "abc"], "ax")),
        Difference(
            "its documented variables",
            "all but those of pull requests, and those that GitLab's users know: <doc:Variables>; a reserved name that nobody sets has a warning",
            "", .test("PipelineLanguageTests/RunVariableTests.swift", "34 of 34"),
            .warns("steps: [{name: a, image: x, commands: [echo $DRONE_NOBODY_SETS_IT]}]", "is not a variable of a run")
        ),
        Difference(
            "`${VAR}` of the step's own `environment` is empty", "its value, and that of the pipeline's", "",
            .compiles("steps: [{name: a, image: \"x:${V}\", commands: [a], environment: {V: 1}}]"),
            .test("PipelineLanguageTests/VariableOrderTests.swift", "are seen by everything of the stage")),
        Difference(
            "`environment` of the pipeline, then the run's variables, then `environment` of the step: the later wins",
            "the same, also for `${VAR}`", "",
            .test("PipelineLanguageTests/VariableOrderTests.swift", "are those of the step, then of the run"),
            .warns("environment: {CI: 1}", "the run's own wins")),
    ]

    private static let conditions: [Difference] = [
        Difference(
            "`when.paths`, `trigger.paths` parsed and not evaluated", "evaluated, with what Git says has changed", "",
            .test("PipelineLanguageTests/ConditionTests.swift", "paths")),
        Difference(
            "globs with `*`", "also `**`, `{a,b}` and classes, and a pattern that is none is an error", "",
            .compiles("trigger: {branch: [\"{a,b}/**\", \"v[0-9]\"]}"),
            .refuses("trigger: {branch: \"{a\"}", "is not a valid pattern")),
        Difference(
            "words in `status` that are neither success nor failure have no effect",
            "the same for other states of a build, with a warning; others are an error", "",
            .warns("trigger: {status: [changed, failure]}", "“changed” has no effect"),
            .refuses("trigger: {status: sucess}", "did you mean “success”?")),
        Difference(
            "an event nobody sends never matches", "an error", "",
            .refuses("trigger: {event: deployment}", "there is no event")),
        Difference(
            "the event `pull_request`", "read, with a warning: merge requests start no runs yet", "",
            .warns("trigger: {event: pull_request}", "merge requests start no runs yet")),
        Difference(
            "`depends_on: []` has no effect", "the step waits for nothing, and the others for what they name",
            "as `needs: []` in GitLab CI",
            .test("PipelineLanguageTests/Golden/features/graph-from-an-empty-list.yml", "depends_on: []")),
        Difference(
            "names in `depends_on` of steps that do not exist", "an error", "",
            .refuses("steps: [{name: a, image: x, commands: [a], depends_on: [b]}]", "there is no step “b”")),
    ]

    private static let fields: [Difference] = [
        Difference(
            "an unknown field is ignored",
            "an error with the nearest name; fields that begin with `x-` or `.` and, at the top, others with an anchor in them are for anchors",
            "a typo that is ignored is found on a Friday",
            .refuses("steps: [{name: a, imag: x, commands: [a]}]", "did you mean “image”?"),
            .compiles("steps: [{name: a, image: x, commands: [a], x-note: b}]"),
            .compiles("common: [&i x]\nsteps: [{name: a, image: *i, commands: [a]}]")),
        Difference(
            "`ports` of steps and services", "passed over, with a warning", "they reach each other at every port",
            .warns("steps: [{name: a, image: x, commands: [a], ports: [80]}]", "“ports” has no effect"),
            .warns(
                "services: [{name: d, image: y, ports: [80]}]\nsteps: [{name: a, image: x, commands: [a]}]",
                "“ports” has no effect")),
        Difference(
            "`command` or `entrypoint` beside `commands` are dropped", "the same, with a warning", "",
            .warns("steps: [{name: a, image: x, commands: [a], command: [b]}]", "no effect beside “commands”"),
            .becomes("steps: [{name: a, image: x, commands: [a], entrypoint: [b]}]", #"{"commands":["a"],"image":"x""#)),
        Difference(
            "`when` of a service", "the same; `status` has no effect in it", "",
            .test("PipelineLanguageTests/PlannerTests+Plans.swift", "leave out services whose condition")),
        Difference(
            "an empty `user`, `shell`, `working_dir`, `network_mode`, `workspace`, `platform.os` or size means nothing",
            "the same, with a warning, also for `memswap_limit: -1`", "",
            .warns("steps: [{name: a, image: x, commands: [a], user: \"\"}]", "an empty “user” has no effect"),
            .warns("workspace: {path: \"\"}", "an empty “path” has no effect"),
            .warns("steps: [{name: a, image: x, commands: [a], memswap_limit: -1}]", "has no effect")),
        Difference(
            "`pull` and `failure` in any case, empty or unknown",
            "the same in any case; empty with a warning, unknown is an error",
            "",
            .becomes("steps: [{name: a, image: x, commands: [a], pull: Always}]", #""pull":"always""#),
            .becomes("steps: [{name: a, image: x, commands: [a], pull: IfNotExists}]", #""pull":"if-not-exists""#),
            .warns("steps: [{name: a, image: x, commands: [a], pull: \"\"}]", "has no effect"),
            .warns("steps: [{name: a, image: x, commands: [a], failure: \"\"}]", "has no effect"),
            .refuses("steps: [{name: a, image: x, commands: [a], failure: igner}]", "did you mean “ignore”?")),
        Difference(
            "`failure: ignore`, `fast` and its spellings", "the same", "",
            .compiles("steps: [{name: a, image: x, commands: [a], failure: ignore}]"),
            .compiles("steps: [{name: a, image: x, commands: [a], failure: fail-fast}]")),
        Difference(
            "a step called `deploy`",
            "without an image a process in the workspace, and jobs of several runs that have it take turns; with one, as any other",
            "a bare component can deploy",
            .compiles("steps: [{name: a, image: x, commands: [a]}, {name: deploy, image: x, commands: [b]}]"),
            .test("PipelineLanguageTests/StepTests.swift", "deploy")),
        Difference(
            "settings become `PLUGIN_<NAME>`", "the same; characters that no variable's name has become `_`",
            "a shell can read them", .test("PipelineLanguageTests/StepTests.swift", "PLUGIN_")),
        Difference(
            "`from_secret` inside a setting's map", "an error", "the plugin would see the reference, not the secret",
            .refuses(
                "steps: [{name: a, image: x, settings: {login: {password: {from_secret: p}}}}]",
                "from_secret is the whole value")),
        Difference(
            "`commands` are joined to one script",
            "one shell reads each by itself: what one begins it has to end, with a warning where it does not",
            "no here-document swallows the next command",
            .warns("steps: [{name: a, image: x, commands: [\"if true; then\", make, fi]}]", "“if” without “fi”"),
            .test("WorkerTests/CommandScriptTests.swift", "func whatIsLeftOpenFails")),
        Difference(
            "a `working_dir` that is not there is made", "an error", "",
            .test("BuilderIntegrationTests/StepMeaningTests.swift", "func aWorkingDirectoryHasToBeThere")),
        Difference(
            "`workspace.path` is below `base`, also an absolute one",
            "an absolute `path` outside of `base` is the workspace by itself", "",
            .test("BuilderTests/WorkspacePathTests.swift", "func anAbsolutePathIsTheWorkspace")),
        Difference(
            "exit code 78", "the same", "", .test("PipelineLanguageTests/StepScheduleTests.swift", "78")),
        Difference(
            "`detach: true`", "the same, and `ready` says when the next step may start", "",
            .compiles("steps: [{name: a, image: x, commands: [a], detach: true, ready: {port: 80}}]")),
        Difference(
            "services are started and not waited for", "`ready` says when the steps may start", "no `sleep 15`",
            .compiles(
                "services: [{name: d, image: x, ready: {port: 1}}]\nsteps: [{name: a, image: x, commands: [a]}]")),
        Difference(
            "`concurrency.limit`", "read, not enforced yet, with a warning; `concurrency: 1` is short for it", "",
            .warns("concurrency: {limit: 1}", "does nothing yet"),
            .warns("concurrency: {limit: 0}", "does nothing yet"),
            .warns("concurrency: 1", "does nothing yet")),
        Difference(
            "`platform.os`, `platform.arch`", "a label the builder has to have, where it is not linux and amd64", "",
            .compiles("platform: {os: linux, arch: arm64}")),
        Difference(
            "`platform.variant`, `platform.version`", "read, choose nothing, with a warning",
            "a label and `node` say it", .warns("platform: {os: linux, variant: v7}", "chooses no builder"),
            .warns("platform: {os: windows, version: 1809}", "chooses no builder")),
        Difference(
            "`clone.depth`, `retries`, `disable`", "the same; `clone: false` is short for `disable`", "",
            .compiles("clone: {depth: 1, retries: 2, disable: true}"), .compiles("clone: false")),
        Difference(
            "`clone.skip_verify`, `clone.trace`", "read, passed over, with a warning",
            "the source comes from the platform's mirror", .warns("clone: {skip_verify: true}", "does nothing"),
            .warns("clone: {trace: true}", "does nothing")),
        Difference(
            "volumes `temp` and `host`",
            "the same; `size_limit` holds in memory only, with a warning on a disk", "",
            .warns("volumes: [{name: v, temp: {size_limit: 1g}}]", "“size_limit” does nothing on a disk")),
        Difference(
            "volumes `claim`, `config_map` and others of Kubernetes",
            "an error, but for `claim` with `type: kubernetes`", "",
            .refuses("volumes: [{name: v, claim: {name: c}}]", "exist on Kubernetes only")),
    ]

    private static let values: [Difference] = [
        Difference(
            "an anchor's merge key `<<`", "the same, also with a list and several times", "",
            .becomes(
                "x-a: &a {image: one}\nx-b: &b {user: two}\nsteps: [{name: s, commands: [c], <<: *a, <<: *b}]",
                #""image":"one","step":"s","user":"two""#),
            .becomes(
                "x-a: &a {image: one}\nx-b: &b {user: two}\nsteps: [{name: s, commands: [c], <<: [*a, *b]}]",
                #""user":"two""#)),
        Difference(
            "the same key twice: the last counts", "an error at the second place", "",
            .refuses("steps: [{name: a, image: x, image: y, commands: [a]}]", "“image” is here a second time")),
        Difference(
            "yes, no, on, off as truth values",
            "the same where a truth value is expected; text stays as it is written", "",
            .becomes("steps: [{name: a, image: x, commands: [a], detach: yes}]", #""detach":true"#),
            .becomes("steps: [{name: a, image: x, commands: [a], environment: {A: yes}}]", #""A":"yes""#)),
        Difference(
            "`0755`, `1_000`, `12:30` as numbers", "text", "they mean what they say",
            .becomes("steps: [{name: a, image: x, settings: {a: 0755}}]", #""a":"0755""#),
            .becomes("steps: [{name: a, image: x, settings: {a: 12:30}}]", #""a":"12:30""#),
            .becomes("steps: [{name: a, image: x, settings: {a: 1_000}}]", #""a":"1_000""#)),
        Difference(
            "`1e3` is text, whole numbers of more than 64 bits lose digits", "text as it is written", "",
            .becomes("steps: [{name: a, image: x, settings: {a: 1e3}}]", #""a":"1e3""#),
            .becomes(
                "steps: [{name: a, image: x, settings: {a: 123456789012345678901}}]", #""a":"123456789012345678901""#)),
        Difference(
            "a null in a list of settings is an empty text", "the same", "",
            .test("PipelineLanguageTests/StepTests.swift", #""PLUGIN_GAP": "a,""#)),
        Difference(
            "`1.10` in settings is the number 1.1", "the same, with a warning", "",
            .warns("steps: [{name: a, image: x, settings: {a: 1.10}}]", "becomes 1.1")),
        Difference(
            "`[ci skip]` and others", "the same, also with `-` or `_`", "GitLab's spellings",
            .test("PipelineLanguageTests/ConditionTests.swift", "skip")),
        Difference(
            "the file is `.drone.yml`",
            "`.slipway.yml`, `.slipway.json` or `.drone.yml`, also as a link within the repository; of others nearly called so "
                + "the run tells",
            "",
            .test("SyncTests/SynchronizerTests.swift", "a pipeline file that is a symbolic link"),
            .test("SyncTests/SynchronizerTests.swift", "nearly called as a pipeline file"),
            .test("PipelineTests/ChoiceRunTests.swift", "nearly called as one")),
        Difference(
            "`convert`, `.drone.star`, `.drone.jsonnet`", "not read",
            "a program in a pipeline file is a build step's work",
            .test("SyncTests/SynchronizerTests.swift", ".drone.yml")),
    ]
}
