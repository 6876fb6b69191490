"""Each protection switched off must make the main job's proof fail: else the proof proves nothing."""

import unittest

import check
from lab.office import Office

# Protection, and the step of the proof that has to notice. The step before must still hold: the mutant is alive.
MUTANTS = {
    "firewall": "internet_is_refused",
    "device-binding": "device_binding_holds",
    "source-check": "source_check_holds",
    "pam": "wrong_password_is_refused",
    "login-binding": "other_device_is_refused",
    "sync": "acknowledged_is_durable",
}


class Mutants(unittest.TestCase):
    def test_each_is_noticed_by_its_step(self):
        for name, watcher in MUTANTS.items():
            with self.subTest(name), Office(mutant=name) as office:
                steps = [step for _, step in check.steps(office)]
                steps[0](office)  # the main job itself still runs
                noticed = next(step for step in steps if step.__name__ == watcher)
                with self.assertRaises(AssertionError):
                    noticed(office)


if __name__ == "__main__":
    unittest.main()
