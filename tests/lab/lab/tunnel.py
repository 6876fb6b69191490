"""WireGuard at the far end: a worker's device, with the userspace implementation, from the configuration that the box
handed out."""

import configparser

from lab.process import run, wait_until


def key_pair():
    """A device's own keys: (private, public)."""
    private = run(["wg", "genkey"]).stdout.strip()
    return private, run(["wg", "pubkey"], input=private).stdout.strip()


class Tunnel:
    """A device's interface, up until close()."""

    def __init__(self, host, configuration, mtu=1420):
        """`configuration` is the wg-quick text; what only wg-quick understands is done here by hand."""
        self.host = host
        # The hosts share a file system, and wireguard-go's control socket is named after the link.
        link = f"wg-{host.name}"
        self.link = link
        parser = configparser.ConfigParser(strict=False)
        parser.optionxform = str
        parser.read_string(configuration)
        interface, peer = dict(parser["Interface"]), dict(parser["Peer"])
        self.addresses = [a.strip() for a in interface.pop("Address").split(",")]
        allowed = [a.strip() for a in peer["AllowedIPs"].split(",")]
        interface.pop("DNS", None)
        mtu = interface.pop("MTU", mtu)
        plain = "[Interface]\n" + "".join(f"{k} = {v}\n" for k, v in interface.items())
        plain += "[Peer]\n" + "".join(f"{k} = {v}\n" for k, v in peer.items())
        self.process = host.start(f"wireguard-{link}", ["wireguard-go", "-f", link])
        wait_until(f"{host.name}'s {link}", lambda: host.run("ip", "link", "show", link, check=False).returncode == 0)
        wait_until(f"{host.name}'s {link} to take its keys", lambda: host.run(
            "wg", "setconf", link, "/dev/stdin", input=plain, check=False).returncode == 0)
        host.address(link, *self.addresses)
        host.run("ip", "link", "set", link, "up", "mtu", mtu)
        for network in allowed:
            host.route(network, link=link)

    def close(self):
        self.process.kill()
