"""The whole lab: world, smart host, box, people and their tunnels."""

import pathlib
import shutil
import ssl
import tempfile

from lab import box, smarthost, world
from lab.pki import Authority
from lab.tunnel import Tunnel

# Two colleagues, each with a device of their own.
ADA, ADA_PASSWORD = "ada", "correct horse battery staple"
BOB, BOB_PASSWORD = "bob", "tangled yarn under the desk"
ADA_ADDRESS, BOB_ADDRESS = "ada@example.org", "bob@example.org"


class Office:
    """with Office() as office: ... The worker's and the other's tunnels are up, the worker's device is Ada's, the
    other's Bob's."""

    def __init__(self, change=None, mutant=None, preload=None, say=lambda text: None):
        """`change` is given the configuration document to alter; `say` is told each step."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lab-"))
        self.folder.chmod(0o755)
        self._say = say
        self._change = change
        self._mutant = mutant
        self._preload = preload

    def __enter__(self):
        try:
            return self._build()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise

    def _build(self):
        say = self._say
        say("hosts and cables: internet, home router, office, attacker")
        self.world = world.World(self.folder)
        self.authority = Authority(self.folder / "pki")
        say("smart host: a real Postfix with TLS and login")
        self.smarthost = smarthost.SmartHost(self.world.smarthost, self.authority, world.SMARTHOST)
        config = box.settings()
        if self._change:
            self._change(config)
        say("box: " + ", ".join(f"postern-{name}" for name in box.DAEMONS))
        self.box = box.Box(self.world.box, self.authority, config, self._mutant, self._preload)
        self.box.start()
        say("people and devices: ada and bob, each with a WireGuard device")
        self.box.add_person(ADA, ADA_PASSWORD, ADA_ADDRESS)
        self.box.add_person(BOB, BOB_PASSWORD, BOB_ADDRESS)
        self.ada_tunnel = Tunnel(self.world.worker, self.box.add_device("ada-laptop", ADA))
        self.bob_tunnel = Tunnel(self.world.other, self.box.add_device("bob-laptop", BOB))
        return self

    def __exit__(self, kind, error, trace):
        if error is not None and not isinstance(error, KeyboardInterrupt):
            print(self.box.logs() if hasattr(self, "box") else "", flush=True)
        if hasattr(self, "box"):
            self.box.stop()
        if hasattr(self, "smarthost"):
            self.smarthost.stop()
        if hasattr(self, "world"):
            self.world.remove()
        box.uninstall()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def ca(self):
        """The certificate of the box's own authority: what a colleague's mail program trusts."""
        return box.DATA / "tls" / "ca.pem"

    def tls(self):
        """A client's TLS context that trusts the box and nobody else."""
        return ssl.create_default_context(cafile=self.ca)
