"""The faults: each takes what it needs for itself, breaks it, mends it, and waits until it works again."""
import contextlib
import os
import random
import signal
import subprocess
import threading
import time

from stack import HOLD, LEASE, Service, eventually, moment

# Longer than a worker may be silent before its job is another's.
SILENCE = LEASE + HOLD
# For how many seconds the broker is left alone after each of its faults: a job that never gets that far never ends.
REST = 15
# How much more often than others.
OFTEN = {"kill": 3, "pause": 2, "outage": 2}


class Busy(Exception):
    """Somebody else is breaking it just now: something else is broken instead."""


class Faults:
    """Makes faults until it is told to stop: three at a time, each from a sequence of its own that the seed decides."""

    def __init__(self, stack, seed, kinds, outage):
        self.stack, self.kinds, self.outage_seconds = stack, kinds, outage
        self.made = {kind: 0 for kind in kinds}
        self.wrong = []
        # When a machine went on that had stood still, by the clock that steps write down.
        self.thaws = []
        self.ending = threading.Event()
        self.lock = threading.Lock()
        self.taken = set()
        self.threads = [
            threading.Thread(target=self.go_on, args=(random.Random(f"{seed}/{number}"),), name=f"{number}", daemon=True)
            for number in range(3)]
        self.journal = open(f"{stack.logs}/faults.log", "a", buffering=1)

    def start(self):
        for thread in self.threads:
            thread.start()

    def end(self):
        """Makes no more; returns when all that was broken is mended."""
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def go_on(self, choice):
        while not self.ending.wait(choice.uniform(0, 5)):
            kind = choice.choices(self.kinds, [OFTEN.get(kind, 1) for kind in self.kinds])[0]
            # All that is random is decided before anything happens, so that it does not depend on what does.
            one, two, turn = choice.random(), choice.random(), choice.randrange(1000)
            try:
                getattr(self, kind.replace("-", "_"))(one, two, turn)
                self.made[kind] += 1
            except Busy:
                continue
            except Exception as error:  # what a fault finds wrong is a finding, not the end
                self.say(f"{kind}: {error}")
                self.wrong.append(f"{moment()} {kind}: {error}")

    def say(self, text):
        self.journal.write(f"{moment()} {threading.current_thread().name} {text}\n")

    @contextlib.contextmanager
    def having(self, *names):
        """Nobody else breaks these meanwhile."""
        with self.lock:
            if not self.taken.isdisjoint(names):
                raise Busy
            self.taken.update(names)
        try:
            yield
        finally:
            with self.lock:
                self.taken.difference_update(names)

    def ready(self, service):
        begin = time.monotonic()
        eventually(180, f"{service.name} is ready again", lambda: service.is_ready() or self.is_broken("broker"))
        self.say(f"{service.name} is ready after {time.monotonic() - begin:.1f} s")

    def is_broken(self, name):
        return name in self.taken

    def service(self, turn):
        name = ["gateway", "sync", "pipeline", "notifier", "builder0", "builder1", "builder2"][turn % 7]
        return name, lambda: self.stack.builders[int(name[-1])] if name[-1].isdigit() else getattr(self.stack, name)

    # What can go wrong. `one` and `two` are in 0..<1.

    def kill(self, one, two, turn):
        name, find = self.service(turn)
        with self.having(name):
            service = find()
            self.say(f"kill {service.name}, back in {3 * one:.1f} s")
            service.kill()
            time.sleep(3 * one)
            service.start()
            self.ready(service)

    def anew(self, one, two, turn):
        index = turn % 3
        with self.having(f"builder{index}"):
            old = self.stack.builders[index]
            number = old.number + 3
            new = self.stack.builder(number, self.stack.small_disk(f"builder-{number}", "64m"))
            new.admin = old.admin
            self.say(f"kill {old.name}, {new.name} in its place in {3 * one:.1f} s")
            old.kill()
            time.sleep(3 * one)
            new.start()
            self.stack.builders[index] = new
            self.ready(new)

    def pause(self, one, two, turn):
        name, find = self.service(turn)
        with self.having(name):
            service, seconds = find(), 0.2 + 5.8 * one
            self.say(f"stop {service.name} for {seconds:.1f} s")
            service.signal(signal.SIGSTOP)
            time.sleep(seconds)
            service.signal(signal.SIGCONT)

    def freeze(self, one, two, turn):
        index = turn % 3
        with self.having(f"builder{index}"):
            service, seconds = self.stack.builders[index], SILENCE + 2 + 10 * one
            self.say(f"freeze {service.name} for {seconds:.1f} s")
            service.signal(signal.SIGSTOP)
            steps = self.stack.processes(service)
            for process in steps:
                self.send(process, signal.SIGSTOP)
            time.sleep(seconds)
            # As a machine that goes on: all at once. Steps know the time to the hundredth of a second, cut off.
            self.thaws.append(time.clock_gettime(time.CLOCK_BOOTTIME) - 0.01)
            for process in steps:
                self.send(process, signal.SIGCONT)
            service.signal(signal.SIGCONT)
            self.say(f"{service.name} goes on")

    @staticmethod
    def send(process, number):
        try:
            os.kill(process, number)
        except ProcessLookupError:
            pass

    def alarm(self, one, two, turn):
        with self.having("broker"):
            seconds = 1 + 24 * one
            self.say(f"the broker has no memory for {seconds:.1f} s")
            self.stack.watermark("{absolute,1}")
            time.sleep(seconds)
            self.stack.watermark("0.4")
            self.ending.wait(REST)

    def outage(self, one, two, turn):
        with self.having("broker"):
            # RabbitMQ 3.10 writes down every half second which quorum queues it has: these are to be older.
            time.sleep(1)
            seconds = one * self.outage_seconds
            self.say(f"the broker is killed and away for {seconds:.1f} s")
            self.stack.rabbitmq("kill")
            time.sleep(seconds)
            self.stack.broker_up()
            self.say("the broker is back")
            self.ending.wait(REST)

    def full_builder(self, one, two, turn):
        index = turn % 3
        with self.having(f"builder{index}"):
            self.fill(self.stack.builders[index], 2 + 13 * one)

    def full_platform(self, one, two, turn):
        with self.having("pipeline"):
            self.fill(self.stack.pipeline, 2 + 13 * one)
            self.ready(self.stack.pipeline)

    def fill(self, service, seconds):
        self.say(f"the disk of {service.name} is full for {seconds:.1f} s")
        full = f"{service.folder}/full"
        subprocess.run(["dd", "if=/dev/zero", f"of={full}", "bs=4k"], stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        os.remove(full)

    def clock(self, one, two, turn):
        with self.having("clock"):
            offset = [40, -40, 3600, -3600, 86400, 0][turn % 6]
            self.say(f"the platform's clock is {offset} s off for {1 + 9 * one:.1f} s")
            self.stack.set_clock(offset)
            time.sleep(1 + 9 * one)
            self.stack.set_clock(0)

    def rival(self, one, two, turn):
        # It is told of the first by the broker, and there has to be one.
        with self.having("pipeline", "broker"):
            eventually(180, "the platform is connected", self.stack.pipeline.is_connected)
            time.sleep(2)
            folder = f"{self.stack.folder}/rival"
            rival = Service(self.stack, "pipeline", "rival", {**self.stack.pipeline.environment, "SLIPWAY_DATA": folder})
            rival.admin = rival.listen = 0
            self.stack.others.append(rival)
            self.say("a second platform with another database")
            rival.start()
            try:
                eventually(60, "the second platform stops", lambda: rival.process.poll() is not None)
                if rival.process.returncode != 78:
                    raise RuntimeError(f"the second platform ended with {rival.process.returncode}")
            finally:
                rival.kill()
                self.stack.others.remove(rival)

    def standby(self, one, two, turn):
        with self.having("pipeline"):
            first, second = self.stack.pipeline, self.stack.standby
            self.say(f"{second.name} stands by, {first.name} is killed in {3 * one:.1f} s")
            second.start()
            eventually(60, f"{second.name} stands by", lambda: second.status()[0] == 503)
            time.sleep(3 * one)
            first.kill()
            self.stack.pipeline, self.stack.standby = second, first
            self.ready(second)
