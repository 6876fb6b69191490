"""How much of the machine our units leave open to their programs, as systemd counts it."""

import pathlib
import subprocess
import tempfile
import unittest

UNITS = pathlib.Path(__file__).resolve().parents[2] / "image" / "units"
MOST = 25  # tenths; 100 is a program that may do all


def exposed(unit):
    """Whether systemd counts more than MOST; its own words."""
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={MOST}", unit],
                          capture_output=True, text=True, timeout=60)
    words = (done.stdout + done.stderr).strip().splitlines()[-1]
    assert "exposure level" in words, words
    return done.returncode != 0, words


class Units(unittest.TestCase):
    def test_daemons_are_shut_in(self):
        services = sorted(UNITS.glob("postern-*.service"))
        self.assertGreaterEqual(len(services), 5)
        for unit in services:
            with self.subTest(unit=unit.name):
                too_much, words = exposed(unit)
                self.assertFalse(too_much, words)

    def test_an_open_unit_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            unit = pathlib.Path(folder, "open.service")
            unit.write_text("[Service]\nExecStart=/bin/true\n")
            too_much, words = exposed(unit)
            self.assertTrue(too_much, words)


if __name__ == "__main__":
    unittest.main()
