"""The box: the gateway's real daemons with their real users, in the box's network namespace."""

import contextlib
import json
import os
import pathlib
import shutil
import signal

import yaml

from lab import smarthost, world
from lab.process import run, wait_until

SOURCE = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("POSTERN_BUILD", SOURCE / "build" / "dev"))
NAME = "mail.example.org"
DATA = pathlib.Path("/var/lib/postern")
CONFIG = pathlib.Path("/etc/postern/postern.yaml")
# In the order of their needs; ended in reverse.
DAEMONS = ("vault", "auth", "system", "submit", "deliver")


def settings():
    """The lab's configuration as a document; tests change it before the box starts."""
    return {
        "version": 1,
        "gateway": {"name": NAME},
        "network": {
            "wan": {"link": "wan0"},
            "lan": [{"link": "lan0", "networks": ["192.168.7.0/24", "fd07::/64"]}],
        },
        "vpn": {
            "link": "wg0",
            "endpoint": f"{world.BOX_WAN}:51820",
            "addresses": [f"{world.BOX_TUNNEL}/24", f"{world.BOX_TUNNEL6}/64"],
        },
        "spool": {"reserve_free": "16MiB"},
        "delivery": {
            "smart_host": {
                "host": smarthost.NAME,
                "address": world.SMARTHOST,
                "ca_file": str(DATA / "smart-host-ca.pem"),
                "user": smarthost.USER,
                "secret_file": str(DATA / "secrets" / "smart-host"),
            },
            "retry": {"first": "1s", "maximum": "5s"},
        },
    }


class Box:
    def __init__(self, host, authority, config, mutant=None, preload=None):
        """`mutant` switches one protection off (builds with POSTERN_MUTANTS only); `preload` is a library for the
        vault, such as libeatmydata."""
        self.host = host
        self.daemons = {}
        self.environment = {**os.environ, **({"POSTERN_MUTANT": mutant} if mutant else {})}
        self.preload = preload
        self._install(authority, config)

    def _install(self, authority, config):
        units = SOURCE / "image"
        for users in sorted(units.glob("**/sysusers.d/*.conf")):
            run(["systemd-sysusers", users])
        for folders in sorted(units.glob("**/tmpfiles.d/*.conf")):
            run(["systemd-tmpfiles", "--create", folders])
        for service in (units / "pam").glob("postern*"):
            shutil.copy(service, "/etc/pam.d/")
        use_extrausers()
        CONFIG.parent.mkdir(parents=True, exist_ok=True)
        self.configure(config)
        shutil.copy(authority.certificate, DATA / "smart-host-ca.pem")
        secret = DATA / "secrets" / "smart-host"
        secret.parent.mkdir(parents=True, exist_ok=True)
        secret.write_text(smarthost.PASSWORD + "\n")
        secret.chmod(0o400)
        shutil.chown(secret, "postern-deliver", "postern-deliver")

    def configure(self, config):
        self.config = config
        CONFIG.write_text(yaml.safe_dump(config, sort_keys=False))
        CONFIG.chmod(0o644)

    def start(self):
        for name in DAEMONS:
            self.start_daemon(name)
            self.wait_ready(name)
            if name == "system":  # makes the certificate that submit needs; in the image systemd starts submit again
                wait_until("the certificate", (DATA / "tls" / "certificate.pem").exists)
        wait_until("the listeners on tunnel and LAN", lambda: self.listeners() >= 8, timeout=30)

    def start_daemon(self, name):
        environment = dict(self.environment)
        if name == "vault" and self.preload:
            environment["LD_PRELOAD"] = self.preload
        self.daemons[name] = self.host.start(
            f"postern-{name}", [BUILD / "bin" / f"postern-{name}", "--config", CONFIG], environment)

    def wait_ready(self, name):
        def ready():
            daemon = self.daemons[name]
            assert daemon.running(), f"postern-{name} ended:\n{daemon.output()[-3000:]}"
            return self.ask(name, "/v1/status") is not None

        wait_until(f"postern-{name} to answer", ready, timeout=30)

    def ask(self, daemon, path, method="GET", body=None):
        """A request to a daemon's administration socket; the JSON answer, None when there is nobody."""
        done = run(["curl", "-s", "-X", method, "--unix-socket", f"/run/postern/{daemon}/admin.sock",
                    *(["-d", json.dumps(body), "-H", "Content-Type: application/json"] if body is not None else []),
                    f"http://localhost{path}"], check=False)
        return json.loads(done.stdout) if done.returncode == 0 and done.stdout else None

    def listeners(self):
        """How many submission sockets stand (two ports; tunnel and LAN; IPv4 and IPv6)."""
        return sum(line.split()[3].endswith((":465", ":587"))
                   for line in self.host.run("ss", "-Htln").stdout.splitlines())

    def control(self, *arguments, input=None, check=True):
        """Runs posternctl."""
        return self.host.run(BUILD / "bin" / "posternctl", *arguments, input=input, check=check)

    def add_person(self, name, password, *addresses):
        self.control("people", "add", name, *(f"--address={a}" for a in addresses))
        self.control("people", "password", name, input=password + "\n")

    def add_device(self, name, person):
        """Lets the box make the keys; returns the wg-quick configuration, which it shows only once."""
        shown = json.loads(self.control("--json", "devices", "add", name, f"--person={person}").stdout)
        return shown["configuration"]

    def ledger(self):
        """All entries so far."""
        lines = self.control("--json", "ledger", "tail", "--lines=1000000").stdout.splitlines()
        return [json.loads(line) for line in lines]

    def wait_for_entry(self, timeout=10, **fields):
        """Waits for a ledger entry with these fields and returns it."""
        def found():
            for entry in reversed(self.ledger()):
                if all(entry.get(key) == value for key, value in fields.items()):
                    return entry
            return None

        return wait_until(f"a ledger entry with {fields}", found, timeout, every=0.2)

    def kill(self, name):
        self.daemons[name].kill(signal.SIGKILL)

    def stop(self):
        for name in reversed(DAEMONS):
            if name in self.daemons and self.daemons[name].running():
                self.daemons[name].kill(signal.SIGTERM)

    def logs(self):
        return "\n".join(f"--- postern-{name}\n{daemon.output()[-4000:]}" for name, daemon in self.daemons.items())


def uninstall():
    """Removes all that the box left behind, so that the next one in this root begins from nothing. Mounts stay."""
    for folder in (DATA, pathlib.Path("/var/lib/extrausers"), pathlib.Path("/run/postern"), CONFIG.parent):
        for path in sorted(folder.glob("**/*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                with contextlib.suppress(OSError):  # a mount point
                    path.rmdir()
            else:
                path.unlink()


def use_extrausers():
    """Lets the system know the people of the extrausers database."""
    path = pathlib.Path("/etc/nsswitch.conf")
    lines = []
    for line in path.read_text().splitlines():
        if line.split(":")[0] in ("passwd", "group", "shadow") and "extrausers" not in line:
            line += " extrausers"
        lines.append(line)
    path.write_text("\n".join(lines) + "\n")
