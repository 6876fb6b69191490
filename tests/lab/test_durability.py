"""Nothing that was answered 250 is ever lost, whoever is killed whenever."""

import collections
import random
import re
import time
import unittest

from lab import world
from lab.load import Load
from lab.office import Office
from lab.process import wait_until

KILLS = 30


def subjects(office):
    """How often each numbered subject arrived at the smart host."""
    found = re.compile(rb"^Subject: (load-\S+)", re.M)
    return collections.Counter(m.group(1).decode() for m in map(found.search, office.smarthost.received()) if m)


class Durability(unittest.TestCase):
    def test_kills_under_load(self):
        with Office() as office:
            box = office.box
            load = Load(office, office.world.desk, world.BOX_LAN, threads=6, pause=0.02)
            chooser = random.Random(20261124)
            killed = collections.Counter()
            victims = ["submit", "vault", "deliver"] * KILLS
            chooser.shuffle(victims)
            for victim in victims:
                time.sleep(chooser.uniform(0.05, 0.5))
                box.kill(victim)
                killed[victim] += 1
                box.start_daemon(victim)
                box.wait_ready(victim)
            time.sleep(2)
            load.stop()
            self.assertGreater(len(load.acknowledged), 100, f"too little got through: {load.replies}")

            wait_until("the queue to drain", lambda: box.ask("vault", "/v1/status")["messages"] == 0, timeout=180,
                       every=0.5)
            arrived = wait_until("the smart host to deliver all", lambda: (lambda c: c if set(c) >= load.acknowledged else None)(
                subjects(office)), timeout=180, every=1)
            lost = load.acknowledged - set(arrived)
            self.assertEqual(lost, set())
            doubles = {s: n for s, n in arrived.items() if n > 1}
            print(f"kills {dict(killed)}; acknowledged {len(load.acknowledged)}, lost {len(lost)}, "
                  f"doubled {len(doubles)}, refused {load.refused}, sessions broken {load.broken}", flush=True)
            # A double needs a cut between the smart host's 250 and our record of it: at most one for each delivery that
            # was under way at a kill of the vault or of the delivery daemon.
            concurrency = box.config["delivery"].get("concurrency", 20)
            self.assertLessEqual(len(doubles), (killed["vault"] + killed["deliver"]) * concurrency)
            box.control("ledger", "verify")


if __name__ == "__main__":
    unittest.main()
