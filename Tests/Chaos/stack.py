"""Slipway's services with a broker of their own: started, killed, stopped and started again, and asked by their API."""
import base64
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LEASE, HOLD = 3, 16


def eventually(seconds, what, done, pause=0.2):
    """Waits until `done` returns something true, which it returns; fails with `what` after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        value = done()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(pause)


def free_ports():
    """The first of a hundred ports that nobody has, nor those that RabbitMQ takes beside its own."""
    for base in range(21000, 31000, 100):
        ports = [base + 50 + more for more in (0, 10000, 11000, 20000, 21000)] + list(range(base, base + 40))
        if all(not listens(port) for port in ports):
            return base
    raise SystemExit("chaos: no hundred ports are free")


def listens(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Service:
    """A process of one of the services. Its number tells those of one program apart."""

    def __init__(self, stack, program, number, environment):
        self.stack, self.program, self.number = stack, program, number
        self.name = program if number is None else f"{program}-{number}"
        self.environment = environment
        self.admin = stack.next_port()
        self.listen = stack.next_port()
        self.process = None
        self.folder = environment.get("SLIPWAY_DATA") or f"{stack.folder}/{self.name}"

    def start(self):
        environment = {
            "PATH": os.environ["PATH"], "HOME": self.stack.folder, "SLIPWAY_DATA": self.folder,
            "SLIPWAY_ADMIN_LISTEN": f"127.0.0.1:{self.admin}", "SLIPWAY_LISTEN": f"127.0.0.1:{self.listen}",
            "SLIPWAY_LOG_LEVEL": "debug", **self.environment}
        with open(f"{self.stack.logs}/{self.name}.log", "ab") as log, self.stack.lock:
            self.stack.expect_open()
            log.write(f"=== started at {moment()}\n".encode())
            log.flush()
            self.process = subprocess.Popen(
                [f"{self.stack.programs}/{self.program}"], env=environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True)

    def signal(self, number):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def status(self, path="/readyz"):
        try:
            return get(self.admin, path)
        except OSError:
            return 0, ""

    def is_ready(self):
        return self.status()[0] == 200

    def metrics(self, name):
        lines = self.status("/metrics")[1].splitlines()
        return [float(line.split()[-1]) for line in lines if line.split("{")[0].split(" ")[0] == name]

    def metric(self, name):
        return sum(self.metrics(name))

    def is_connected(self):
        connected = self.metrics("slipway_broker_connected")
        return connected and all(value == 1 for value in connected)


def moment():
    return time.strftime("%H:%M:%S", time.gmtime()) + f".{int(time.time() * 10) % 10}"


def get(port, path, headers=None, method="GET", body=None, timeout=10):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except http.client.HTTPException as error:
        raise OSError(f"no whole answer: {error!r}") from error
    finally:
        connection.close()


class Stack:
    """The broker, six services of which three are builders, and their API."""

    def __init__(self, folder, programs):
        self.folder, self.programs, self.logs = folder, programs, f"{folder}/logs"
        os.makedirs(self.logs)
        self.base = free_ports()
        self.port = self.base
        self.broker_port = self.base + 50
        self.lock, self.is_closed, self.script = threading.Lock(), False, None
        self.mounts, self.builders, self.others = [], [], []
        self.is_root = os.geteuid() == 0
        self.tag = f"chaos{os.getpid()}"
        self.clock = f"{folder}/clock"
        self.set_clock(0)

    def next_port(self):
        self.port += 1
        return self.port - 1

    # The broker.

    def rabbitmq(self, *words):
        with self.lock:
            self.expect_open()
            script = self.script = subprocess.Popen(
                [f"{ROOT}/Tests/Rig/rabbitmq", words[0], f"{self.folder}/rabbitmq", *words[1:]], text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        said, _ = script.communicate()
        if script.returncode != 0:
            raise RuntimeError(f"rabbitmq {words[0]}: {said}")

    def broker_up(self):
        """On a machine with much to do it may need more than one try."""
        for _ in range(4):
            try:
                return self.rabbitmq("up", str(self.broker_port))
            except RuntimeError as error:
                last = error
        raise last

    def watermark(self, value):
        """Of its memory, beyond which it takes no messages; at once, where rabbitmqctl would start an Erlang of its own."""
        with open(f"{self.folder}/rabbitmq/.erlang.cookie") as file:
            cookie = file.read()
        subprocess.run(
            ["erl_call", "-c", cookie, "-n", f"slipway{self.broker_port}@localhost", "-a",
             f"vm_memory_monitor set_vm_memory_high_watermark [{value}]"], check=True, capture_output=True, timeout=60,
            stdin=subprocess.DEVNULL, env={
                "PATH": os.environ["PATH"], "HOME": f"{self.folder}/rabbitmq", "ERL_EPMD_ADDRESS": "127.0.0.1",
                "ERL_EPMD_PORT": str(self.broker_port + 21000)})

    def queues(self):
        """The messages of each queue: those that wait, and those that somebody has and has not confirmed."""
        credentials = base64.b64encode(b"guest:guest").decode()
        status, text = get(self.broker_port + 10000, "/api/queues", {"Authorization": f"Basic {credentials}"})
        return {queue["name"]: queue.get("messages", 0) for queue in json.loads(text)} if status == 200 else None

    # The services.

    def up(self):
        self.broker_up()
        self.command("pipeline", "broker", "definitions", "--folder", f"{self.folder}/broker", "--address",
                     f"127.0.0.1:{self.broker_port}")
        self.rabbitmq("control", "-q", "import_definitions", f"{self.folder}/broker/definitions.json")
        self.command("slipway", "keys", "make", "--folder", f"{self.folder}/keys")
        self.gateway = Service(self, "webhook-gateway", None, self.settings("webhook-gateway", ["hook"]))
        self.sync = Service(self, "sync", None, {
            **self.settings("sync", ["mirror", "seal"]), "SLIPWAY_ALLOW_FILE_REPOSITORIES": "true"})
        self.sync.environment["SLIPWAY_MIRROR_URL"] = f"http://127.0.0.1:{self.sync.listen}"
        data = self.small_disk("pipeline", "128m")
        self.pipeline, self.standby = (
            Service(self, "pipeline", number, {
                **self.settings("pipeline", ["hook", "mirror", "seal"]), "SLIPWAY_DATA": data,
                "SLIPWAY_LEASE_SECONDS": str(LEASE), "SLIPWAY_HOLD_SECONDS": str(HOLD),
                "LD_PRELOAD": f"{self.folder}/wall-clock.so", "SLIPWAY_TEST_CLOCK": self.clock}) for number in (1, 2))
        self.notifier = Service(self, "notifier", None, self.settings("notifier", []))
        self.builders = [self.builder(number, self.small_disk(f"builder-{number}", "64m")) for number in (1, 2, 3)]
        for service in self.services():
            service.start()
        for service in self.services():
            eventually(120, f"{service.name} is ready", service.is_ready)
        environment = {key: value for key, value in self.pipeline.environment.items() if key != "LD_PRELOAD"}
        said = self.command("pipeline", "token", "make", "--name", "chaos", "--role", "administrator", **environment)
        self.token = next(line for line in reversed(said.splitlines()) if line.startswith("slp_"))

    def services(self):
        return [self.gateway, self.sync, self.pipeline, self.notifier, *self.builders]

    def builder(self, number, folder):
        return Service(self, "builder", number, {
            **self.settings("builder", ["seal"], "builder-default"), "SLIPWAY_RUNNERS": "process",
            "SLIPWAY_CAPACITY": "4", "SLIPWAY_DATA": folder, "SLIPWAY_WORKER_NAME": f"{self.tag}-{number}"})

    def settings(self, program, keys, login=None):
        login = login or program
        files = {"hook": "hook-key", "mirror": "mirror-key", "seal": f"seal-keys-{login}"}
        return {"SLIPWAY_BROKER_URL_FILE": f"{self.folder}/broker/broker-url-{login}"} | {
            f"SLIPWAY_{'SEAL_KEYS' if key == 'seal' else key.upper() + '_KEY'}_FILE": f"{self.folder}/keys/{files[key]}"
            for key in keys}

    def command(self, program, *words, **environment):
        done = subprocess.run(
            [f"{self.programs}/{program}", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "HOME": self.folder, **environment})
        if done.returncode != 0:
            raise SystemExit(f"chaos: {program} {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def small_disk(self, name, size):
        folder = f"{self.folder}/{name}"
        with self.lock:
            self.expect_open()
            os.makedirs(folder)
            if self.is_root:
                subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
                self.mounts.append(folder)
        return folder

    def set_clock(self, offset):
        # Put in its place whole: it is read at every look at the clock.
        with self.lock:
            self.expect_open()
            with open(f"{self.clock}.new", "w") as file:
                file.write(f"{offset}\n")
            os.replace(f"{self.clock}.new", self.clock)

    # The API, of whichever platform serves it now.

    def api(self, path, method="GET", value=None, timeout=20):
        """What the platform answers, once it does."""
        def ask():
            try:
                status, text = get(
                    self.pipeline.listen, f"/api/v1/{path}", {
                        "Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
                    method, None if value is None else json.dumps(value), timeout)
            except OSError:
                return None
            if status >= 500:
                return None
            if status >= 400:
                raise RuntimeError(f"{method} {path}: {status} {text}")
            return (text,)
        return eventually(300, f"{method} {path} is answered", ask)[0]

    def items(self, path):
        """All of a list, page by page."""
        items, before = [], ""
        while True:
            page = json.loads(self.api(f"{path}{'&' if '?' in path else '?'}limit=100{before}"))
            items += page["items"]
            if not page.get("next"):
                return items
            before = f"&before={page['next']}"

    # Its steps' processes, and the end.

    def processes(self, builder=None):
        """Those of steps: all of them carry their worker's name in their environment."""
        mark = f"SLIPWAY_PROCESS={self.tag}-{'' if builder is None else f'{builder.number}/'}".encode()
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if mark in file.read():
                        found.append(int(name))
            except OSError:
                continue
        return found

    def expect_open(self):
        if self.is_closed:
            raise RuntimeError("it is over")

    def down(self):
        with self.lock:
            self.is_closed = True
        # A node that is just being started is ended by who starts it.
        if self.script and self.script.poll() is None:
            self.script.terminate()
            self.script.wait()
        for service in [*self.others, *self.builders, *(getattr(self, name, None) for name in (
                "notifier", "pipeline", "standby", "sync", "gateway"))]:
            if service:
                service.kill()
        for process in self.processes():
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if os.path.isdir(f"{self.folder}/rabbitmq"):
            subprocess.run(
                [f"{ROOT}/Tests/Rig/rabbitmq", "kill", f"{self.folder}/rabbitmq"], stdin=subprocess.DEVNULL,
                start_new_session=True)
        for folder in self.mounts:
            subprocess.run(["umount", "-l", folder])

    def remove(self, keep_logs):
        for name in os.listdir(self.folder):
            if keep_logs and name in ("logs", "effects"):
                continue
            path = f"{self.folder}/{name}"
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
        if not keep_logs:
            os.rmdir(self.folder)
