"""A disk that is full or fails: mail is refused for now, and nothing that was acknowledged is lost."""

import time
import unittest

from lab import world
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
        run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder])
        try:
            with Office(change=lambda c: c["spool"].update(reserve_free="4MiB", segment_size="2MiB")) as office:
                box = office.box
                box.daemons["deliver"].kill()
                load = Load(office, office.world.desk, world.BOX_LAN, threads=8)
                wait_until("a refusal because the disk is full", lambda: any(r.startswith("452") for r in load.replies),
                           timeout=120)
                time.sleep(1)
                load.stop()
                self.assertGreater(len(load.acknowledged), 50)
                self.assertFalse([r for r in load.replies if r.startswith("5")], "a full disk is a temporary failure")
                box.start_daemon("deliver")
                self.assert_all_arrive(office, load)
                # It recovers by itself.
                again = Load(office, office.world.desk, world.BOX_LAN, threads=1, prefix="load-again")
                wait_until("mail to be taken again", lambda: again.acknowledged, timeout=30)
                again.stop()
        finally:
            run(["umount", "-l", folder])

    def test_sync_fails(self):
        """EIO from the fifth sync on: no sync is tried again, everything after is 451, a restart finds all."""
        with Office() as office:
            box = office.box
            load = Load(office, office.world.desk, world.BOX_LAN, threads=4, pause=0.01)
            wait_until("some mail", lambda: len(load.acknowledged) > 20)
            tracer = box.host.start("strace", ["strace", "-f", "-p", box.daemons["vault"].pid, "-e", "trace=fdatasync,fsync,pwritev2",
                                               "-e", "inject=fdatasync,fsync:error=EIO:when=5+"])
            wait_until("451", lambda: any(r.startswith("451") for r in load.replies), timeout=60)
            time.sleep(1)
            load.stop()
            failed = tracer.output().count("EIO")
            self.assertLessEqual(failed, 2, "a sync that failed was tried again")
            tracer.kill(2)
            self.assertEqual(box.ask("vault", "/v1/status")["accepting"], False)
            box.kill("vault")
            box.start_daemon("vault")
            box.wait_ready("vault")
            self.assert_all_arrive(office, load)
            box.control("ledger", "verify")


if __name__ == "__main__":
    unittest.main()
