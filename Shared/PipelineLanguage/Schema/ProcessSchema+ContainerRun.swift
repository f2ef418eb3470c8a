import Contracts

extension ProcessSchema {
    static var containerRun: JSONValue {
        object(
            [
                "ports": reference("texts", "As 8080:80, or 8000-8010:8000-8010."),
                "environment": map(of: reference("value"), "Variables."),
                "volumes": reference("texts", "As /srv/data:/data."),
                "network": name("The host's network to join, or host."),
                "networks": reference("texts", "Networks it is in besides."),
                "aliases": reference("texts", "Names it answers to in these networks besides its own."),
                "entrypoint": reference("texts", "Replaces the image's entrypoint."),
                "command": reference("texts", "Replaces the image's command."),
                "user": name("A name or number, with a group after a colon."),
                "labels": map(of: reference("scalar"), "Labels of the container."),
                "memory": reference("size", "The most memory."),
                "init": bool("Whether an init process reaps and passes signals on.", standard: true),
                "logging": any(
                    of: [
                        text("The driver alone."),
                        object(
                            [
                                "driver": name("Such as json-file, local, journald or none."),
                                "options": map(of: reference("scalar"), "The driver's, such as max-size."),
                            ], required: ["driver"], "A log driver."),
                    ], "What the engine does with the output."),
                "healthcheck": any(
                    of: [
                        words(["none"], "Switches the image's own check off."),
                        object(
                            [
                                "command": reference("texts", "Has to exit with 0; one text is a shell's line."),
                                "test": reference("texts", "As Compose writes it, with CMD, CMD-SHELL or NONE first."),
                                "disable": bool("Whether the image's own check is switched off.", standard: false),
                                "interval": reference("duration", "The pause between checks."),
                                "timeout": reference("duration", "How long one may take."),
                                "start_period": reference("duration", "How long failures do not count after a start."),
                                "retries": integer("How many failures in a row make it unhealthy.", from: 1, to: 1000),
                            ], "The check."),
                    ], "The engine's own check of its health, in place of the image's."),
                "stop_signal": name("Asks it to end, such as SIGQUIT; what the image says if absent."),
                "stop_grace_period": reference("duration", "How long it has before it is killed; 10s if absent."),
                "restart": words(["no", "always", "on-failure", "unless-stopped"], "unless-stopped if absent."),
                "order": words(
                    ["start-first", "stop-first"],
                    "Which runs alone; the old one stops first where both need the same port or files if absent."),
                "drain": reference("duration", "How long the old one goes on once the new one answers to its name."),
                "health": reference("probe", "When the new container counts as running."),
            ], "How a container runs on a single Docker host.")
    }
}
