"""The main job, as `./scripts/run --check` proves it, on the build that the tests use."""

import unittest

import check
from lab.office import Office


class MainJob(unittest.TestCase):
    def test_every_step_holds(self):
        with Office() as office:
            for text, step in check.steps(office):
                with self.subTest(text):
                    step(office)


if __name__ == "__main__":
    unittest.main()
