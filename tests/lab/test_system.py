"""postern-system alone, on a box with real interfaces: firewall, tunnel, listening sockets, people and devices. What it
hands to postern-submit is taken by a stand-in, so that these tests see the sockets themselves."""

import array
import contextlib
import ctypes
import datetime
import grp
import json
import os
import pathlib
import pwd
import random
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from lab import box, world
from lab.pki import Authority
from lab.process import run, wait_until
from lab.tunnel import Tunnel, key_pair

ADD, REMOVE, COMPLETE, END, RELOAD = 0x0201, 0x0202, 0x0203, 0x0204, 0x0205
PORTS = (465, 587)
ADMIN = "/run/postern/system/admin.sock"


class Submit:
    """Takes listening sockets over as postern-submit does, as its user (or another)."""

    def __init__(self, user="postern-submit", keep=False):
        """`keep` keeps the sockets; a copy that is kept goes on listening whatever postern-system does with its own."""
        self.frames = []
        self._keep = keep
        self.sockets = []
        self._changed = threading.Condition()
        self._socket = socket.socket(socket.AF_UNIX)
        account = pwd.getpwnam(user)
        # The kernel notes who connects at that moment; a thread of its own so that nobody else changes user.
        def connect():
            become(account.pw_uid, grp.getgrnam("postern").gr_gid)
            self._socket.connect("/run/postern/system/listeners.sock")
        thread = threading.Thread(target=connect)
        thread.start()
        thread.join()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        data = b""
        while True:
            try:
                part, ancillary, _, _ = self._socket.recvmsg(65536, socket.CMSG_SPACE(64 * 4))
            except OSError:
                part, ancillary = b"", []
            for level, kind, content in ancillary:
                fds = array.array("i", content[:len(content) - len(content) % 4])
                for fd in fds:
                    if self._keep:
                        self.sockets.append(socket.socket(fileno=fd))
                    else:
                        os.close(fd)
            data += part
            with self._changed:
                while len(data) >= 8:
                    length, kind = struct.unpack_from("<IH", data)
                    if len(data) < 8 + length:
                        break
                    self.frames.append((time.monotonic(), kind, data[8:8 + length]))
                    data = data[8 + length:]
                if not part:
                    self.frames.append((time.monotonic(), None, b""))
                self._changed.notify_all()
            if not part:
                return

    def wait(self, condition, timeout=10):
        """The first frame (time, kind, payload) that the condition holds for."""
        with self._changed:
            found = self._changed.wait_for(lambda: [f for f in self.frames if condition(f)], timeout)
            assert found, f"no such frame among {[hex(k or 0) for _, k, _ in self.frames]}"
            return found[0]

    def keys(self, kind=ADD):
        with self._changed:
            return [text(payload) for _, k, payload in self.frames if k == kind]

    def close(self):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        for each in self.sockets:
            each.close()
        self._socket.close()


def become(uid, gid):
    """The calling thread alone changes user and group, which Python's own calls do for all threads."""
    calls = {"x86_64": (119, 117), "aarch64": (149, 147)}[os.uname().machine]
    libc = ctypes.CDLL(None, use_errno=True)
    for number, identity in zip(calls, (gid, uid)):
        if libc.syscall(number, identity, identity, identity) != 0:
            raise OSError(ctypes.get_errno(), "setresgid or setresuid")


def text(payload, at=0):
    """The length-prefixed text at an offset of a frame's payload."""
    (length,) = struct.unpack_from("<I", payload, at)
    return payload[at + 4:at + 4 + length].decode()


def reaches(host, address, port, timeout=1.5):
    """What a host's TCP connect gets: "open", "refused" or "silence"."""
    with host.inside():
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as attempt:
            attempt.settimeout(timeout)
            try:
                attempt.connect((address, port))
                return "open"
            except ConnectionRefusedError:
                return "refused"
            except OSError:
                return "silence"


def send_syn(host, source, target, port):
    """One TCP SYN with whatever source address."""
    def checksum(data):
        total = sum(struct.unpack(f">{len(data) // 2}H", data))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        return ~total & 0xFFFF

    ends = socket.inet_aton(source) + socket.inet_aton(target)
    def segment(sum_):
        return struct.pack(">HHIIBBHHH", 40000, port, 1, 0, 5 << 4, 2, 65535, sum_, 0)
    tcp = segment(checksum(ends + struct.pack(">BBH", 0, 6, 20) + segment(0)))
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 40, 1, 0, 64, 6, 0) + ends
    with host.inside(), socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(ip + tcp, (target, 0))


class SystemTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="lab-"))
        cls.folder.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.world = world.World(cls.folder)
        cls.box = box.Box(cls.world.box, Authority(cls.folder / "pki"), box.settings())
        cls.start()
        cls.addClassCleanup(cls.stop)
        cls.request("POST", "/v1/people", {"name": "ada", "addresses": ["ada@example.org"]}, 201)

    @classmethod
    def start(cls):
        cls.box.start_daemon("system")
        cls.box.wait_ready("system")
        wait_until("all listeners", lambda: len(cls.listening()) == 8 and not cls.status()["problems"])

    @classmethod
    def stop(cls):
        if cls.box.daemons["system"].running():
            cls.box.daemons["system"].kill(15)

    @classmethod
    def request(cls, method, path, body=None, expected=200):
        done = run(["curl", "-s", "-w", "\n%{http_code}", "-X", method, "--unix-socket", ADMIN,
                    *(["-d", json.dumps(body)] if body is not None else []), f"http://localhost{path}"])
        answer, _, status = done.stdout.rpartition("\n")
        assert int(status) == expected, f"{method} {path}: {status} {answer}"
        return json.loads(answer) if answer else None

    @classmethod
    def status(cls):
        return cls.request("GET", "/v1/status")

    @classmethod
    def listening(cls):
        """(device, address, port) of each submission socket, as the kernel lists them."""
        found = set()
        for line in cls.world.box.run("ss", "-Htln").stdout.splitlines():
            local, _, port = line.split()[3].rpartition(":")
            address, _, device = local.partition("%")
            if int(port) in PORTS:
                found.add((device, address.strip("[]") if device else local.strip("[]"), int(port)))
        return found

    def enrol(self, name, **more):
        return self.request("POST", "/v1/devices", {"name": name, "person": "ada", **more}, 201)

    def revoke(self, name):
        return self.request("DELETE", f"/v1/devices/{name}")

    def peers(self, check=True):
        return self.world.box.run("wg", "show", "wg0", "peers", check=check).stdout.split()

    def ifindex(self, link):
        shown = self.world.box.run("ip", "-j", "link", "show", link, check=False)
        return json.loads(shown.stdout)[0]["ifindex"] if shown.returncode == 0 else None

    def pings(self, host, address=world.BOX_TUNNEL):
        return host.run("ping", "-c1", "-W1", address, check=False).returncode == 0

    @contextlib.contextmanager
    def tunnel(self, name, host=None):
        """A new device of Ada's and its tunnel, up and answering."""
        enrolled = self.enrol(name)
        tunnel = Tunnel(host or self.world.worker, enrolled["configuration"])
        try:
            wait_until("the tunnel", lambda: self.pings(tunnel.host))
            yield tunnel
        finally:
            tunnel.close()
            self.request("DELETE", f"/v1/devices/{name}")

    @contextlib.contextmanager
    def without_firewall(self):
        """Only the sockets themselves protect."""
        rules = self.world.box.run("nft", "list", "table", "inet", "postern").stdout
        self.world.box.run("nft", "delete", "table", "inet", "postern")
        try:
            yield
        finally:
            self.world.box.run("nft", "-f", "-", input="table inet postern\ndelete table inet postern\n" + rules)

    # ------------------------------------------------------------------------------------------------ what stands

    def test_files_have_their_owners_and_modes(self):
        def kind(path):
            found = (box.DATA / path).stat()
            return found.st_uid, grp.getgrgid(found.st_gid).gr_name, oct(found.st_mode & 0o7777)

        self.assertEqual(kind("tls/key.pem"), (0, "postern-submit", "0o440"))
        self.assertEqual(kind("tls/ca-key.pem"), (0, "root", "0o440"))
        self.assertEqual(kind("tls/ca.pem"), (0, "root", "0o444"))
        self.assertEqual(kind("vpn/private.key"), (0, "root", "0o600"))
        self.assertEqual(kind("people/people.json"), (0, "postern-auth", "0o640"))

    def test_the_certificate_is_good_for_every_name(self):
        addresses = (world.BOX_TUNNEL, world.BOX_TUNNEL6, world.BOX_LAN, world.BOX_LAN6)
        for check in (["-verify_hostname", box.NAME], *(["-verify_ip", address] for address in addresses)):
            run(["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", box.DATA / "tls/ca.pem",
                 *check, box.DATA / "tls/certificate.pem"])

    def test_every_listener_is_bound_to_its_device(self):
        self.assertEqual(self.listening(), {
            *(("wg0", a, p) for a in (world.BOX_TUNNEL, world.BOX_TUNNEL6) for p in PORTS),
            *(("lan0", a, p) for a in (world.BOX_LAN, world.BOX_LAN6) for p in PORTS)})

    def test_the_agent_gave_its_rights_up(self):
        status = pathlib.Path(f"/proc/{self.box.daemons['system'].pid}/status").read_text()
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        self.assertEqual(fields["NoNewPrivs"], "1")
        # CAP_SYS_ADMIN, CAP_SYS_MODULE and CAP_SYS_PTRACE are gone, also from what it may ever get back.
        for number in (21, 16, 19):
            self.assertFalse(int(fields["CapBnd"], 16) >> number & 1, number)

    # --------------------------------------------------------------------------------------------------- the gate

    def test_the_internet_gets_nothing(self):
        for address in (world.BOX_WAN, world.BOX_WAN6):
            for port in (22, 443, 465, 587, 51820):
                self.assertEqual(reaches(self.world.attacker, address, port, 0.5), "silence", (address, port))
            self.assertFalse(self.pings(self.world.attacker, address))
        with self.world.attacker.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.5)
            probe.connect((world.BOX_WAN, 51820))
            # The form of a handshake, from nobody.
            probe.send(b"\x01\0\0\0" + bytes(144))
            with self.assertRaises(TimeoutError):
                probe.recv(100)

    def test_the_internet_gets_no_tunnel_or_office_address(self):
        self.world.attacker.route(f"{world.BOX_TUNNEL}/32", world.BOX_WAN, "eth0")
        self.world.attacker.route(f"{world.BOX_LAN}/32", world.BOX_WAN, "eth0")
        for address in (world.BOX_TUNNEL, world.BOX_LAN):
            self.assertEqual(reaches(self.world.attacker, address, 465), "silence")
        with self.without_firewall():
            for address in (world.BOX_TUNNEL, world.BOX_LAN):
                self.assertEqual(reaches(self.world.attacker, address, 465), "refused")

    def test_the_office_reaches_its_own_listener_only(self):
        desk = self.world.desk
        self.assertEqual(reaches(desk, world.BOX_LAN, 465), "open")
        self.assertEqual(reaches(desk, world.BOX_LAN6, 587), "open")
        self.assertEqual(reaches(desk, world.BOX_TUNNEL, 465), "silence")
        self.assertEqual(reaches(self.world.stranger, world.BOX_LAN, 465), "silence")
        # The firewall away: the socket belongs to another device.
        with self.without_firewall():
            self.assertEqual(reaches(desk, world.BOX_TUNNEL, 465), "refused")
            self.assertEqual(reaches(desk, world.BOX_LAN, 465), "open")

    def test_a_forged_source_is_dropped_where_it_comes_in(self):
        """The office's addresses from the internet, the tunnel's from the office."""
        def dropped():
            rules = self.world.box.run("nft", "-j", "list", "chain", "inet", "postern", "sources").stdout
            return sum(e["counter"]["packets"] for r in json.loads(rules)["nftables"] if "rule" in r
                       for e in r["rule"]["expr"] if "counter" in e)

        attacker, desk = self.world.attacker, self.world.desk
        for host, forged, target in ((attacker, "192.168.7.99", world.BOX_WAN), (attacker, "10.9.0.99", world.BOX_WAN),
                                     (desk, "10.9.0.99", world.BOX_LAN), (desk, "127.0.0.5", world.BOX_LAN)):
            before = dropped()
            send_syn(host, forged, target, 465)
            wait_until(f"{host.name}'s packet from {forged} to be dropped", lambda: dropped() > before, timeout=3)

    # ----------------------------------------------------------------------------------------- tunnel and devices

    def test_a_worker_reaches_the_box_and_nothing_behind_it(self):
        with self.tunnel("reach") as tunnel:
            self.assertEqual(reaches(tunnel.host, world.BOX_TUNNEL, 465), "open")
            self.assertEqual(reaches(tunnel.host, world.BOX_TUNNEL6, 587), "open")
            # Whatever its own AllowedIPs say: the box forwards nothing.
            for beyond in (world.DESK, world.BOX_LAN):
                tunnel.host.run("wg", "set", tunnel.link, "peer", self.request("GET", "/v1/vpn")["public_key"],
                                "allowed-ips", "0.0.0.0/0")
                tunnel.host.route(f"{beyond}/32", link=tunnel.link)
                self.assertEqual(reaches(tunnel.host, beyond, 465), "silence", beyond)

    def test_two_devices_do_not_reach_one_another(self):
        with self.tunnel("left") as left, self.tunnel("right", self.world.other) as right:
            address = self.request("GET", "/v1/devices/right")["addresses"][0]
            left.host.run("wg", "set", left.link, "peer", self.request("GET", "/v1/vpn")["public_key"],
                          "allowed-ips", "10.9.0.0/24")
            left.host.route(f"{address}/32", link=left.link)
            self.assertTrue(self.pings(right.host))
            self.assertFalse(self.pings(left.host, address))

    def test_others_come_and_go_without_dropping_a_tunnel(self):
        with self.tunnel("steady") as tunnel:
            before = self.request("GET", "/v1/devices/steady")["live"]
            ping = tunnel.host.start("ping", ["ping", "-i", "0.02", "-W", "2", world.BOX_TUNNEL])
            names = [f"crowd-{n}" for n in range(20)]
            for name in names:
                self.enrol(name)
            self.assertEqual(len(self.peers()), 21)
            for name in names:
                self.revoke(name)
            self.assertEqual(len(self.peers()), 1)
            ping.kill(2)
            said = ping.output()
            self.assertIn(" 0% packet loss", said)
            after = self.request("GET", "/v1/devices/steady")["live"]
            self.assertEqual(after["endpoint"], before["endpoint"])
            self.assertGreater(after["received"], before["received"])
            self.assertEqual(after["presence"], "active")

    def test_a_device_with_its_own_key(self):
        private, public = key_pair()
        enrolled = self.enrol("own-key", public_key=public)
        try:
            self.assertEqual(enrolled["public_key"], public)
            text = enrolled["configuration"].replace("# PrivateKey = the one that this device made itself",
                                                     f"PrivateKey = {private}")
            tunnel = Tunnel(self.world.worker, text)
            try:
                wait_until("the tunnel", lambda: self.pings(self.world.worker))
            finally:
                tunnel.close()
        finally:
            self.revoke("own-key")

    def test_no_secret_is_in_an_argument_or_in_the_log(self):
        enrolled = self.enrol("secretive")
        self.revoke("secretive")
        secrets = [line.split(" = ")[1] for line in enrolled["configuration"].splitlines()
                   if line.startswith(("PrivateKey", "PresharedKey"))]
        secrets.append((box.DATA / "vpn/private.key").read_text().strip())
        for secret in secrets:
            self.assertNotIn(secret, self.box.daemons["system"].output())
        for path in box.DATA.rglob("*"):
            if path.is_file():
                self.assertNotIn(secrets[0].encode(), path.read_bytes(), path)

    # ------------------------------------------------------------------------------------------ hand-over and end

    def test_only_submit_gets_the_sockets(self):
        submit = Submit(keep=True)
        submit.wait(lambda f: f[1] == COMPLETE)
        self.assertEqual(len(submit.keys()), 8)
        self.assertEqual(len(submit.sockets), 8)
        for listener in submit.sockets:
            self.assertEqual(listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN), 1)
            self.assertIn(listener.getsockopt(socket.SOL_SOCKET, 25, 16).rstrip(b"\0"), (b"wg0", b"lan0"))
        submit.close()
        stranger = Submit("postern-vault", keep=True)
        stranger.wait(lambda f: f[1] is None)
        self.assertEqual((stranger.keys(), stranger.sockets), ([], []))
        stranger.close()

    def test_whoever_loses_a_right_loses_the_session_within_a_second(self):
        device = self.enrol("fleeting")
        submit = Submit()
        submit.wait(lambda f: f[1] == COMPLETE)

        def ended(reason):
            def is_it(frame):
                return frame[1] == END and frame[2].endswith(reason.encode())
            return submit.wait(is_it)[0]

        def within_a_second(reason, change):
            begun = time.monotonic()
            change()
            self.assertLess(ended(reason) - begun, 1, reason)

        def peer_is_gone():
            self.assertNotIn(device["public_key"], self.peers())

        within_a_second("device-suspended",
                        lambda: self.request("PATCH", "/v1/devices/fleeting", {"state": "suspended"}))
        peer_is_gone()
        self.request("PATCH", "/v1/devices/fleeting", {"state": "active"})
        self.assertIn(device["public_key"], self.peers())
        within_a_second("person-inactive", lambda: self.request("PATCH", "/v1/people/ada", {"state": "suspended"}))
        peer_is_gone()
        self.request("PATCH", "/v1/people/ada", {"state": "active"})
        end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1.5)
        self.request("PATCH", "/v1/people/ada", {"expires": end.strftime("%Y-%m-%dT%H:%M:%S.%fZ")})
        self.assertIn(device["public_key"], self.peers())
        expired = ended("person-expired")
        late = time.monotonic() - expired + datetime.datetime.now(datetime.UTC).timestamp() - end.timestamp()
        self.assertLess(late, 1)
        wait_until("the expired peer to go", lambda: device["public_key"] not in self.peers(), timeout=2)
        self.request("PATCH", "/v1/people/ada", {"expires": None})
        within_a_second("device-revoked", lambda: self.revoke("fleeting"))
        peer_is_gone()
        submit.close()
        # One that was away in that moment learns it when it comes.
        late_comer = Submit()
        self.assertIn(b"device-inactive", late_comer.wait(lambda f: f[1] == END)[2])
        late_comer.close()

    # ---------------------------------------------------------------------------------------- changes underneath

    def test_an_interface_that_is_made_anew_gets_new_listeners(self):
        submit = Submit()
        submit.wait(lambda f: f[1] == COMPLETE)
        with self.tunnel("patient") as tunnel:
            before = self.ifindex("wg0")
            children = run(["pgrep", "-P", self.box.daemons["system"].pid, "wireguard-go"]).stdout.split()
            self.assertEqual(len(children), 1)
            os.kill(int(children[0]), 9)
            wait_until("another interface", lambda: self.ifindex("wg0") not in (None, before))
            wait_until("its listeners", lambda: sum(d == "wg0" for d, _, _ in self.listening()) == 4)
            wait_until("submit to be told", lambda: submit.keys().count("wg0 10.9.0.1:465") == 2)
            wait_until("the worker's tunnel", lambda: reaches(tunnel.host, world.BOX_TUNNEL, 465) == "open")
        submit.close()

    def test_listeners_follow_addresses(self):
        submit = Submit()
        submit.wait(lambda f: f[1] == COMPLETE)
        self.world.box.address("lan0", "192.168.7.2/24")
        submit.wait(lambda f: f[1] == ADD and text(f[2]) == "lan0 192.168.7.2:465")
        wait_until("a certificate for it", lambda: "192.168.7.2" in self.request("GET", "/v1/certificate")["addresses"])
        submit.wait(lambda f: f[1] == RELOAD)
        self.world.box.run("ip", "address", "del", "192.168.7.2/24", "dev", "lan0")
        submit.wait(lambda f: f[1] == REMOVE and text(f[2]) == "lan0 192.168.7.2:465")
        self.world.box.run("ip", "link", "set", "lan0", "down")
        wait_until("the office's listeners to go", lambda: {d for d, _, _ in self.listening()} == {"wg0"})
        self.world.box.run("ip", "link", "set", "lan0", "up")
        self.world.box.address("lan0", f"{world.BOX_LAN6}/64")
        wait_until("the office's listeners", lambda: len(self.listening()) == 8)
        submit.close()

    def test_killed_at_any_moment_it_comes_back_with_all_that_it_answered(self):
        """SIGKILL while devices are enrolled and revoked; what was answered holds, and the rest is whole or nothing."""
        there, gone = {}, set()
        generator = random.Random(7)
        for turn in range(6):
            stopped = threading.Event()

            def work(turn=turn):
                for n in range(1000):
                    name = f"turn{turn}-{n}"
                    answer = self.try_request("POST", "/v1/devices", {"name": name, "person": "ada"})
                    if answer is None:
                        return
                    there[name] = answer["public_key"]
                    if n % 3 == 2:
                        if self.try_request("DELETE", f"/v1/devices/{name}") is None:
                            # Asked for, not answered: either is right.
                            there.pop(name)
                            return
                        gone.add(there.pop(name))
                stopped.set()

            worker = threading.Thread(target=work)
            worker.start()
            time.sleep(generator.uniform(0.1, 0.8))
            self.box.kill("system")
            worker.join()
            self.start()
            devices = {d["public_key"]: d["state"] for d in self.request("GET", "/v1/devices")["devices"]}
            active = {key for key, state in devices.items() if state == "active"}
            self.assertLessEqual(set(there.values()), active)
            self.assertFalse(gone & active)
            # The killed daemon's wireguard-go may still have been on its way out.
            wait_until("the interface to know them", lambda: set(self.peers(check=False)) == active)
            self.assertEqual(self.world.box.run("nft", "list", "tables").stdout.strip(), "table inet postern")
        self.assertGreater(len(there), 0)
        for device in self.request("GET", "/v1/devices")["devices"]:
            if device["state"] == "active":
                self.revoke(device["name"])

    def try_request(self, method, path, body=None):
        """None when the daemon went away."""
        done = run(["curl", "-s", "-f", "-X", method, "--unix-socket", ADMIN,
                    *(["-d", json.dumps(body)] if body is not None else []), f"http://localhost{path}"], check=False)
        return json.loads(done.stdout) if done.returncode == 0 and done.stdout else None

    # --------------------------------------------------------------------------------------------- administration

    def test_who_may_administer(self):
        def asks(user, group, path="/v1/status", method="GET"):
            done = subprocess.run(
                ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "curl", "-s", "-o", "/dev/null",
                 "-w", "%{http_code}", "-X", method, "--unix-socket", ADMIN,
                 f"http://localhost{path}"], stdout=subprocess.PIPE, check=False)
            return done.stdout.decode()

        self.assertEqual(asks("root", "root"), "200")
        for user in ("postern-submit", "postern-auth", "postern-deliver", "nobody"):
            self.assertIn(asks(user, "nogroup"), ("000", "403"))
            self.assertIn(asks(user, "postern"), ("000", "403"))

    def test_a_wrong_configuration_changes_nothing_and_a_right_one_is_used(self):
        good = box.CONFIG.read_text()
        try:
            box.CONFIG.write_text(good + "\nnonsense: true\n")
            self.box.daemons["system"].kill(1)
            system = self.box.daemons["system"]
            wait_until("the complaint", lambda: "the new configuration is not used" in system.output())
            self.assertEqual(len(self.listening()), 8)
            box.CONFIG.write_text(good + "\nsubmission:\n  ports: {submission: 0}\n")
            self.box.daemons["system"].kill(1)
            wait_until("one port less", lambda: len(self.listening()) == 4)
            self.assertNotIn("587", self.world.box.run("nft", "list", "table", "inet", "postern").stdout)
        finally:
            box.CONFIG.write_text(good)
            self.box.daemons["system"].kill(1)
        wait_until("both ports", lambda: len(self.listening()) == 8)


if __name__ == "__main__":
    unittest.main()
