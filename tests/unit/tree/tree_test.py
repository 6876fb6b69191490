#!/usr/bin/env python3
"""This checkout passes the checks of tree.py, and each check finds the fault that it is there for."""

import tempfile
import unittest
from pathlib import Path

import tree

SOUND = {
    "LICENSE": "",
    "gateway/CMakeLists.txt": "set(POSTERN_MODULES base smtp\n    panel)\n",
    "gateway/base/CMakeLists.txt": "postern_module(base SOURCES a.cpp)",
    "gateway/base/README.md": "",
    "gateway/base/a.h": "#pragma once\n",
    "gateway/smtp/CMakeLists.txt": "postern_module(smtp SOURCES b.cpp USES base LINKS x)",
    "gateway/smtp/README.md": "",
    "gateway/smtp/b.cpp": '#include <string>\n#include "base/a.h"\n',
    "gateway/panel/CMakeLists.txt": "postern_module(panel USES smtp)",
    "gateway/panel/README.md": "",
    "gateway/panel/c.cpp": '#include "base/a.h"\n#include "smtp/b.h"\n',
}


def faults(check, **changes):
    """What a check says of the sound tree with some files changed (None: removed)."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in (SOUND | {k: v for k, v in changes.items()}).items():
            if text is not None:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
        return list(check(root))


class ThisCheckout(unittest.TestCase):
    def test_is_sound(self):
        root = Path(__file__).resolve().parents[3]
        for check in tree.CHECKS:
            with self.subTest(check.__name__):
                self.assertEqual(list(check(root)), [])


class EachCheck(unittest.TestCase):
    def test_accepts_a_sound_tree(self):
        for check in tree.CHECKS:
            with self.subTest(check.__name__):
                self.assertEqual(faults(check), [])

    def assert_found(self, check, wanted, **changes):
        found = faults(check, **changes)
        self.assertEqual(len(found), 1, found)
        self.assertIn(wanted, found[0])

    def test_upward_edge(self):
        self.assert_found(tree.upward_edges, "panel stands above base",
                          **{"gateway/base/a.h": '#pragma once\n  # include "panel/c.h"\n'})

    def test_upward_edge_in_angle_brackets(self):
        self.assert_found(tree.upward_edges, "panel stands above base", **{"gateway/base/a.h": "#include <panel/c.h>\n"})

    def test_include_without_module(self):
        self.assert_found(tree.upward_edges, "module/file.h", **{"gateway/smtp/b.cpp": '#include "b.h"\n'})

    def test_unlisted_module(self):
        self.assert_found(tree.upward_edges, "POSTERN_MODULES", **{"gateway/extra/d.cpp": ""})

    def test_undeclared_use(self):
        self.assert_found(tree.undeclared_uses, "includes smtp/",
                          **{"gateway/panel/CMakeLists.txt": "postern_module(panel USES base)"})

    def test_confined_library(self):
        self.assert_found(tree.foreign_headers, "config only", **{"gateway/panel/c.cpp": "#include <yaml-cpp/yaml.h>\n"})

    def test_input_and_output_in_a_pure_module(self):
        self.assert_found(tree.foreign_headers, "does I/O", **{"gateway/smtp/b.cpp": "#include <sys/socket.h>\n"})

    def test_missing_readme(self):
        self.assert_found(tree.missing_readmes, "gateway/smtp", **{"gateway/smtp/README.md": None})

    def test_unguarded_header(self):
        self.assert_found(tree.shapes, "#pragma once", **{"gateway/base/a.h": "// #pragma once\n"})

    def test_long_source(self):
        self.assert_found(tree.shapes, "501 lines", **{"gateway/smtp/b.cpp": "\n" * 501})

    def test_unfinished_mark(self):
        self.assert_found(tree.stray_texts, "unfinished", **{"gateway/smtp/b.cpp": "// TO" + "DO: later\n"})

    def test_machine_path(self):
        self.assert_found(tree.stray_texts, "place", **{"README.md": "cd /wo" + "rk/main\n"})

    def test_foreign_notice(self):
        self.assert_found(tree.stray_texts, "notice", **{"gateway/smtp/b.cpp": "// Copy" + "right 1999\n"})

    def test_missing_licence(self):
        self.assert_found(tree.stray_texts, "LICENSE", LICENSE=None)


if __name__ == "__main__":
    unittest.main()
