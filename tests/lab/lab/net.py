"""Network namespaces as hosts, and cables between them."""

import contextlib
import itertools
import os
import signal

from lab.process import Process, run


class Host:
    """One machine: a network namespace."""

    def __init__(self, name, folder):
        self.name = name
        self.folder = folder
        run(["ip", "netns", "add", name])
        self.run("ip", "link", "set", "lo", "up")

    def _enter(self, argv):
        return ["nsenter", f"--net=/run/netns/{self.name}", "--", *map(str, argv)]

    def run(self, *argv, **options):
        """Runs a program on this host to its end (process.run)."""
        return run(self._enter(argv), **options)

    def start(self, name, argv, env=None):
        """Starts a program on this host in the background (process.Process)."""
        return Process(name, self._enter(argv), self.folder / f"{self.name}-{name}.log", env)

    @contextlib.contextmanager
    def inside(self):
        """The calling thread's new sockets are this host's."""
        with open("/proc/thread-self/ns/net") as before, open(f"/run/netns/{self.name}") as there:
            os.setns(there.fileno(), os.CLONE_NEWNET)
            try:
                yield self
            finally:
                os.setns(before.fileno(), os.CLONE_NEWNET)

    def remove(self):
        """Ends what still runs on this host, and the host."""
        for pid in run(["ip", "netns", "pids", self.name], check=False).stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        run(["ip", "netns", "del", self.name], check=False)

    def address(self, link, *addresses):
        """Gives a link addresses; no duplicate address detection, so that they can be used at once."""
        for address in addresses:
            self.run("ip", "address", "add", address, "dev", link, *(["nodad"] if ":" in address else []))

    def route(self, target, via=None, link=None):
        family = ["-6"] if ":" in target + (via or "") else ["-4"]
        self.run("ip", *family, "route", "replace", target, *(["via", via] if via else []),
                 *(["dev", link] if link else []))

    def forward(self):
        """Makes it a router."""
        self.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")


_numbers = itertools.count()


def cable(host_a, link_a, host_b, link_b):
    """Connects two hosts; the links are up, without addresses."""
    number = next(_numbers)
    ends = [(host_a, link_a, f"cable{number}a"), (host_b, link_b, f"cable{number}b")]
    run(["ip", "link", "add", ends[0][2], "type", "veth", "peer", "name", ends[1][2]])
    for host, link, temporary in ends:
        run(["ip", "link", "set", temporary, "netns", host.name, "name", link])
        host.run("ip", "link", "set", link, "up")


def switch(host, name, links):
    """Makes a bridge on a host out of some of its links."""
    host.run("ip", "link", "add", name, "type", "bridge")
    host.run("ip", "link", "set", name, "up")
    for link in links:
        host.run("ip", "link", "set", link, "master", name)
