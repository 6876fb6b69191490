#!/usr/bin/env python3
"""Postern and Debian's Postfix side by side: same machine, same disk, same certificate, TLS and login for each session,
durable queue, delivery to the same sink running meanwhile. Prints a table and JSON; only the ratios mean something.

    bench.py [--seconds N] [--rounds N] [--json FILE]"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))

from lab import box as gateway  # noqa: E402
from lab.net import Host, cable  # noqa: E402
from lab.office import ADA, ADA_ADDRESS, ADA_PASSWORD  # noqa: E402
from lab.pki import Authority  # noqa: E402
from lab.process import run, wait_until  # noqa: E402
from lab.world import BOX_LAN, World  # noqa: E402
from peer import Postfix, cpu_seconds  # noqa: E402

PROGRAMS = gateway.BUILD / "bin"
SINK, SINK_PORT, SINK_NAME = "192.168.7.25", 2525, "sink.example.net"
PEER = "192.168.7.50"
PEER_USER, PEER_PASSWORD = "ada@example.org", "cheaply hashed"
ON_DISK = pathlib.Path("/cache/bench")

# Name, arguments of the load generator, target ratio of messages a second against Postfix.
CASES = [
    ("1 connection, 4 KiB", ["--connections", "1"], 2),
    ("50 connections, 4 KiB", ["--connections", "50"], 5),
    ("connection per message, TLS + AUTH", ["--connections", "10", "--per-connection", "1"], 3),
    ("1 MiB, 20 connections", ["--connections", "20", "--size", "1048576"], None),
]


class Ours:
    name = "Postern"

    def __init__(self, world, authority):
        gateway.DATA.mkdir(parents=True, exist_ok=True)
        data = ON_DISK / "postern"
        data.mkdir(parents=True)
        run(["mount", "--bind", data, gateway.DATA])
        config = gateway.settings()
        config["delivery"] = {"smart_host": {"host": SINK_NAME, "address": SINK, "port": SINK_PORT,
                                             "ca_file": str(gateway.DATA / "smart-host-ca.pem")}}
        config["submission"] = {"limits": {"transactions": 1000000, "connections_per_address": 200}}
        self.host = world.box
        self.address = BOX_LAN
        self.login = (ADA, ADA_PASSWORD)
        self.box = gateway.Box(world.box, authority, config)
        self.box.start()
        self.box.add_person(ADA, ADA_PASSWORD, ADA_ADDRESS)
        self.ca = gateway.DATA / "tls" / "ca.pem"

    def drained(self):
        return self.box.ask("vault", "/v1/status")["messages"] == 0

    def stop(self):
        self.box.stop()


class Peer:
    name = "Postfix"

    def __init__(self, world, authority, ours):
        self.host = Host("peer", world.box.folder)
        cable(self.host, "eth0", world.office, "peer")
        world.office.run("ip", "link", "set", "peer", "master", "switch")
        self.host.address("eth0", f"{PEER}/24")
        self.address = PEER
        self.login = (PEER_USER, PEER_PASSWORD)
        self.ca = ours.ca
        tls = gateway.DATA / "tls"
        self.postfix = Postfix(self.host, ON_DISK / "postfix", tls / "certificate.pem", tls / "key.pem",
                               authority.certificate, SINK, SINK_PORT, SINK_NAME, PEER_USER, PEER_PASSWORD)

    def drained(self):
        return self.postfix.queue_empty()

    def stop(self):
        self.postfix.stop()


def start_sink(world, authority):
    host = Host("sink", world.box.folder)
    cable(host, "eth0", world.office, "sink")
    world.office.run("ip", "link", "set", "sink", "master", "switch")
    host.address("eth0", f"{SINK}/24")
    certificate, key = authority.issue(SINK_NAME, f"DNS:{SINK_NAME}")
    sink = host.start("sink", [PROGRAMS / "bench-sink", "--address", SINK, "--port", SINK_PORT, "--tls", "starttls",
                               "--certificate", certificate, "--key", key])
    wait_until("the sink", lambda: "port" in sink.output())
    return host


def measure(world, server, arguments, seconds):
    """One round: sends for some seconds, waits until all is delivered, and counts what that cost."""
    user, password = server.login
    environment = {**os.environ, "LOAD_PASSWORD": password}
    before = cpu_seconds(server.host)
    done = world.desk.run(PROGRAMS / "bench-load", "--host", server.address, "--port", "465", "--tls", "implicit",
                          "--name", gateway.NAME, "--ca", server.ca, "--user", user, "--from", ADA_ADDRESS,
                          "--seconds", seconds, *arguments, env=environment, timeout=seconds + 120)
    figures = json.loads(done.stdout)
    latency = figures.pop("latency_us")
    figures |= {"p50_ms": latency["p50"] / 1000, "p99_ms": latency["p99"] / 1000, "max_ms": latency["max"] / 1000}
    started = time.monotonic()
    wait_until(f"{server.name} to deliver everything", server.drained, timeout=300, every=0.2)
    figures["drain_s"] = time.monotonic() - started
    figures["cpu_ms"] = (cpu_seconds(server.host) - before) * 1000 / max(1, figures["messages"])
    return figures


def medians(rounds):
    return {key: statistics.median(r[key] for r in rounds) for key, value in rounds[0].items()
            if isinstance(value, (int, float))}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json")
    options = parser.parse_args()
    shutil.rmtree(ON_DISK, ignore_errors=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-"))
    folder.chmod(0o755)
    world = World(folder)
    authority = Authority(folder / "pki")
    sink = start_sink(world, authority)
    ours = Ours(world, authority)
    peer = Peer(world, authority, ours)
    results = []
    try:
        print(f"{'case':<36} {'server':<8} {'per s':>8} {'p50 ms':>8} {'p99 ms':>8} {'CPU ms':>8} {'drain s':>8}  ratio")
        for name, arguments, target in CASES:
            rounds = {ours: [], peer: []}
            for _ in range(options.rounds):
                for server in (ours, peer):
                    rounds[server].append(measure(world, server, arguments, options.seconds))
            figures = {server.name: medians(rounds[server]) for server in (ours, peer)}
            ratio = figures["Postern"]["per_second"] / figures["Postfix"]["per_second"]
            results.append({"case": name, "target": target, "ratio": ratio, **figures})
            for server in (ours, peer):
                f = figures[server.name]
                shown = f"{ratio:.1f} x (target {target or '-'})" if server is ours else ""
                print(f"{name:<36} {server.name:<8} {f['per_second']:>8.0f} {f['p50_ms']:>8.1f} {f['p99_ms']:>8.1f} "
                      f"{f['cpu_ms']:>8.2f} {f['drain_s']:>8.1f}  {shown}", flush=True)
    finally:
        ours.stop()
        peer.stop()
        del sink
        run(["umount", "-l", gateway.DATA], check=False)
        shutil.rmtree(ON_DISK, ignore_errors=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
