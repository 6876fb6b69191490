"""A disk that is full or fails: mail is refused for now, and nothing that was acknowledged is lost."""

import pathlib
import tempfile
import time
import unittest

from lab import box, failing_sync, world
from lab.load import Load
from lab.office import Office
from lab.process import run, wait_until
from test_durability import subjects


class Faults(unittest.TestCase):
    def assert_all_arrive(self, office, load):
        wait_until("all acknowledged mail to arrive", lambda: set(subjects(office)) >= load.acknowledged, timeout=120,
                   every=0.5)

    def test_disk_full(self):
        """The spool stands on a small disk and delivery is stopped, so that it fills up."""
        folder = "/var/lib/postern/spool"
        run(["mkdir", "-p", folder])
        run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", folder])
        try:
            with Office(change=lambda c: c["spool"].update(reserve_free="16MiB", segment_size="4MiB")) as office:
                office.box.daemons["deliver"].kill()
                load = Load(office, office.world.desk, world.BOX_LAN, threads=8, size=20000)
                wait_until("a refusal because the disk is full", lambda: any(r.startswith("452") for r in load.replies),
                           timeout=120)
                time.sleep(1)
                load.stop()
                self.assertGreater(len(load.acknowledged), 50)
                self.assertFalse([r for r in load.replies if r.startswith("5")], "a full disk is a temporary failure")
                office.box.start_daemon("deliver")
                self.assert_all_arrive(office, load)
                # It recovers by itself.
                again = Load(office, office.world.desk, world.BOX_LAN, threads=1, prefix="load-again")
                wait_until("mail to be taken again", lambda: again.acknowledged, timeout=30)
                again.stop()
        finally:
            run(["umount", "-l", folder])

    def test_sync_fails(self):
        """EIO from some sync on: no sync is tried again, everything after is 451, a restart finds all."""
        folder = pathlib.Path(tempfile.mkdtemp())
        folder.chmod(0o755)
        trigger = box.DATA / "spool" / "fail-syncs"
        with Office(preload=failing_sync.build(folder, trigger)) as office:
            gateway = office.box
            load = Load(office, office.world.desk, world.BOX_LAN, threads=4, pause=0.01)
            wait_until("some mail", lambda: len(load.acknowledged) > 20)
            trigger.touch()
            wait_until("451", lambda: any(r.startswith("451") for r in load.replies), timeout=60)
            time.sleep(2)
            load.stop()
            vault = gateway.daemons["vault"]
            self.assertTrue(vault.running(), "the vault ended")
            # One for the log, at most one each for the ledger's file and folder.
            self.assertLessEqual(vault.output().count("sync refused"), 3, "a sync that failed was tried again")
            self.assertFalse(gateway.ask("vault", "/v1/status")["accepting"])
            trigger.unlink()
            gateway.kill("vault")
            gateway.start_daemon("vault")
            gateway.wait_ready("vault")
            self.assert_all_arrive(office, load)
            gateway.control("ledger", "verify")


if __name__ == "__main__":
    unittest.main()
