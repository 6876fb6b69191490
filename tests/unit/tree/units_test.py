#!/usr/bin/env python3
"""The systemd units of image/ are sound, name programs and accounts that exist, and stay as hardened as they were."""

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

IMAGE = Path(__file__).resolve().parents[3] / "image"
GATEWAY = IMAGE.parent / "gateway"
SERVICES = sorted(IMAGE.glob("units/*.service"))

# The worst exposure that `systemd-analyze security` may find, in tenths of its points (0: none, 100: full).
WORST = 25


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True)


def exposure(unit, worst):
    return run("systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={worst}", unit)


class Units(unittest.TestCase):
    def test_each_daemon_has_one(self):
        names = {path.stem for path in SERVICES}
        daemons = {f"postern-{name}" for name in ("system", "vault", "auth", "submit", "deliver")}
        self.assertEqual(names, daemons)

    def test_systemd_understands_them(self):
        """In a root of its own, with stand-ins for the programs."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            units = root / "usr/lib/systemd/system"
            shutil.copytree("/usr/lib/systemd/system", units, symlinks=True)
            for unit in IMAGE.glob("units/*"):
                shutil.copy(unit, units)
            for unit in SERVICES:
                for name in re.findall(r"^Exec\w+=/(\S+)", unit.read_text(), re.MULTILINE):
                    program = root / name
                    program.parent.mkdir(parents=True, exist_ok=True)
                    program.write_text("")
                    program.chmod(0o755)
            done = run("systemd-analyze", "verify", f"--root={root}", "--man=no", "--generators=no", "postern.target",
                       *(unit.name for unit in SERVICES))
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_accounts_folders_and_profiles_agree(self):
        accounts = set(re.findall(r"^u (\S+)", (IMAGE / "sysusers.d/postern.conf").read_text(), re.MULTILINE))
        profiles = set(re.findall(r'\.user = "(postern-\w+)"', (GATEWAY / "base/profiles.cpp").read_text()))
        users = {m.group(1) for unit in SERVICES if (m := re.search(r"^User=(\S+)", unit.read_text(), re.MULTILINE))}
        self.assertEqual(accounts, users)
        self.assertEqual(accounts, profiles)
        folders = set(re.findall(r"^d (\S+)", (IMAGE / "tmpfiles.d/postern.conf").read_text(), re.MULTILINE))
        for unit in SERVICES:
            for line in re.findall(r"^ReadWritePaths=(.*)", unit.read_text(), re.MULTILINE):
                self.assertLessEqual(set(line.split()) - {"/proc/sys/net"}, folders, unit.name)

    def test_they_stay_hardened(self):
        for unit in SERVICES:
            with self.subTest(unit.name):
                done = exposure(unit, WORST)
                self.assertEqual(done.returncode, 0, done.stdout)

    def test_an_open_unit_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            unit = Path(folder) / "postern-open.service"
            unit.write_text("[Service]\nExecStart=/bin/true\n")
            self.assertNotEqual(exposure(unit, WORST).returncode, 0)


if __name__ == "__main__":
    unittest.main()
