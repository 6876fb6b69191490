"""The lab's network.

    attacker 203.0.113.66 ─┐
    box wan0 203.0.113.2 ──┴─ internet (router) ── smarthost 192.0.2.25
                                     │
                                home router 198.51.100.2 (NAT) ── worker 192.168.178.20, other 192.168.178.21
    box lan0 192.168.7.1 ── office switch ── desk 192.168.7.20, stranger 192.168.99.5 (a subnet that isn't allowed)
"""

from lab.net import Host, cable, switch

BOX_WAN, BOX_WAN6 = "203.0.113.2", "2001:db8:1::2"
BOX_LAN, BOX_LAN6 = "192.168.7.1", "fd07::1"
BOX_TUNNEL, BOX_TUNNEL6 = "10.9.0.1", "fd09::1"
DESK, DESK6 = "192.168.7.20", "fd07::20"
STRANGER = "192.168.99.5"
ATTACKER, ATTACKER6 = "203.0.113.66", "2001:db8:1::66"
SMARTHOST = "192.0.2.25"


NAMES = ("internet", "box", "attacker", "smarthost", "home", "worker", "other", "office", "desk", "stranger")


class World:
    def __init__(self, folder):
        self._hosts = []
        for name in NAMES:
            host = Host(name, folder)
            self._hosts.append(host)
            setattr(self, name, host)
        self._wire_internet()
        self._wire_home()
        self._wire_office()

    def remove(self):
        for host in self._hosts:
            host.remove()

    def _wire_internet(self):
        internet = self.internet
        internet.forward()
        cable(self.box, "wan0", internet, "box")
        cable(self.attacker, "eth0", internet, "attacker")
        switch(internet, "segment", ["box", "attacker"])
        internet.address("segment", "203.0.113.1/24", "2001:db8:1::1/64")
        self.box.address("wan0", f"{BOX_WAN}/24", f"{BOX_WAN6}/64")
        self.attacker.address("eth0", f"{ATTACKER}/24", f"{ATTACKER6}/64")
        for host in (self.box, self.attacker):
            host.route("default", "203.0.113.1")
            host.route("::/0", "2001:db8:1::1")
        cable(self.smarthost, "eth0", internet, "smarthost")
        internet.address("smarthost", "192.0.2.1/24")
        self.smarthost.address("eth0", f"{SMARTHOST}/24")
        self.smarthost.route("default", "192.0.2.1")

    def _wire_home(self):
        home = self.home
        home.forward()
        cable(home, "wan", self.internet, "home")
        self.internet.address("home", "198.51.100.1/24")
        home.address("wan", "198.51.100.2/24")
        home.route("default", "198.51.100.1")
        for host, last in ((self.worker, 20), (self.other, 21)):
            cable(host, "eth0", home, host.name)
            host.address("eth0", f"192.168.178.{last}/24")
            host.route("default", "192.168.178.1")
        switch(home, "inside", [self.worker.name, self.other.name])
        home.address("inside", "192.168.178.1/24")
        home.run("nft", "-f", "-", input="add table ip nat\n"
                 "add chain ip nat out { type nat hook postrouting priority srcnat; }\n"
                 "add rule ip nat out oifname wan masquerade\n")

    def _wire_office(self):
        for host in (self.box, self.desk, self.stranger):
            cable(host, "lan0" if host is self.box else "eth0", self.office, host.name)
        switch(self.office, "switch", ["box", "desk", "stranger"])
        self.box.address("lan0", f"{BOX_LAN}/24", f"{BOX_LAN6}/64")
        self.desk.address("eth0", f"{DESK}/24", f"{DESK6}/64")
        # The box can answer this subnet, so that only the gate keeps it out.
        self.stranger.address("eth0", f"{STRANGER}/24")
        self.stranger.route(f"{BOX_LAN}/32", link="eth0")
        self.box.route("192.168.99.0/24", link="lan0")
        # Neighbours may try the tunnel's address through the box's LAN side.
        for host in (self.desk, self.stranger):
            host.route(f"{BOX_TUNNEL}/32", BOX_LAN, "eth0") if host is self.desk else host.route(
                f"{BOX_TUNNEL}/32", link="eth0")
