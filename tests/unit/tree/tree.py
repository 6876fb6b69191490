#!/usr/bin/env python3
"""Checks of the source tree itself: what no compiler tells.

Run it to check this checkout; it prints one line for each thing that is wrong and fails if there is one. Each check is
a function that takes the root of a tree and yields lines; tree_test.py feeds each a tree that is wrong on purpose.
"""

import re
import subprocess
import sys
from pathlib import Path

# Third-party headers (by prefix) and the only modules that may include them.
CONFINED = {
    "yaml-cpp/": {"config"},
    "security/": {"identity"},
    "seccomp.h": {"base"},
    "unbound.h": {"delivery"},
    "systemd/": {"base", "system", "daemons"},
    "boost/beast": {"base", "http"},
}

# Modules without I/O (bytes in, events and bytes out) and the headers that would give them some.
PURE = {"smtp", "message"}
IMPURE_HEADERS = ("boost/asio", "boost/beast", "sys/socket.h", "netinet/", "arpa/", "unistd.h", "fcntl.h", "fstream")

MAX_LINES = 500

# Spelt so that this file does not match itself.
MARKS = re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK)\b")
PLACES = re.compile(r"/(?:w[o]rk|f[a]rm)/(?:main|in|steering|\.library)|//(?:deb|registry|security)\.[a-z]+\.(?:org|com)")
FOREIGN = re.compile(r"C[o]pyright|SPDX-Licens[e]|All rights r[e]served")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def modules_of(root):
    """The modules, bottom up, as gateway/CMakeLists.txt lists them."""
    text = (root / "gateway/CMakeLists.txt").read_text()
    return re.search(r"set\(POSTERN_MODULES\s+([^)]*)\)", text).group(1).split()


def sources_of(root, module):
    folder = root / "gateway" / module
    return sorted(p for p in folder.rglob("*") if p.suffix in {".h", ".cpp"})


def includes_of(path):
    """Pairs (quoted?, name)."""
    return [(kind == '"', name) for kind, name in INCLUDE.findall(path.read_text())]


def upward_edges(root):
    """A module includes only itself and what stands below it."""
    order = {module: place for place, module in enumerate(modules_of(root))}
    for folder in sorted(p for p in (root / "gateway").iterdir() if p.is_dir() and any(p.iterdir())):
        module = folder.name
        if module not in order:
            yield f"gateway/{module}: not among POSTERN_MODULES"
            continue
        for path in sources_of(root, module):
            for quoted, name in includes_of(path):
                target = name.split("/")[0]
                where = f"{path.relative_to(root)}: includes \"{name}\""
                if not quoted and target not in order:
                    continue
                if "/" not in name or target not in order:
                    yield f"{where}: write it as \"module/file.h\""
                elif order[target] > order[module]:
                    yield f"{where}: {target} stands above {module}"


def declared_uses(root):
    """What each module's CMakeLists.txt says after USES, closed over what those use."""
    direct = {}
    for module in modules_of(root):
        path = root / "gateway" / module / "CMakeLists.txt"
        text = path.read_text() if path.exists() else ""
        text = re.sub(r"#.*", "", text)
        named = set()
        for call in re.findall(r"postern_(?:module|daemon)\(([^)]*)\)", text):
            words = call.split()
            if "USES" in words:
                for word in words[words.index("USES") + 1:]:
                    if word.isupper():
                        break
                    named.add(word)
        direct[module] = named
    closed = {}
    for module in modules_of(root):
        seen, todo = set(), list(direct[module])
        while todo:
            used = todo.pop()
            if used not in seen:
                seen.add(used)
                todo.extend(direct.get(used, ()))
        closed[module] = seen
    return closed


def undeclared_uses(root):
    """What a module includes, it also names after USES (or gets through what it names): else it links by luck."""
    uses = declared_uses(root)
    for module in modules_of(root):
        for path in sources_of(root, module):
            for target in sorted({name.split("/")[0] for quoted, name in includes_of(path) if quoted}):
                if target in uses and target != module and target not in uses[module]:
                    yield f"{path.relative_to(root)}: includes {target}/, which gateway/{module}/CMakeLists.txt does not use"


def foreign_headers(root):
    """Third-party libraries stay inside the modules that own them; smtp/ and message/ do no I/O."""
    for module in modules_of(root):
        for path in sources_of(root, module):
            for _, name in includes_of(path):
                for prefix, owners in CONFINED.items():
                    if name.startswith(prefix) and module not in owners:
                        yield f"{path.relative_to(root)}: <{name}> belongs into {', '.join(sorted(owners))} only"
                if module in PURE and name.startswith(IMPURE_HEADERS):
                    yield f"{path.relative_to(root)}: <{name}> does I/O; {module}/ may not"


def missing_readmes(root):
    """Each module says what it is for."""
    for module in modules_of(root):
        folder = root / "gateway" / module
        if sources_of(root, module) and not (folder / "README.md").exists():
            yield f"gateway/{module}: has no README.md"


def shapes(root):
    """Headers are guarded; sources have one reason to exist."""
    for module in modules_of(root):
        for path in sources_of(root, module):
            text = path.read_text()
            if path.suffix == ".h" and not re.search(r"^#pragma once$", text, re.MULTILINE):
                yield f"{path.relative_to(root)}: no #pragma once"
            lines = text.count("\n")
            if lines > MAX_LINES:
                yield f"{path.relative_to(root)}: {lines} lines; split it ({MAX_LINES} at most)"


def texts_of(root):
    """The text files of the tree: those that git knows or would add; all files where there is no repository."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True)
    if listed.returncode == 0:
        paths = [root / name for name in listed.stdout.decode().split("\0") if name]
    else:
        paths = [p for p in root.rglob("*") if p.is_file()]
    for path in sorted(set(paths)):
        try:
            yield path, path.read_text()
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue


def stray_texts(root):
    """No unfinished marks, no addresses of the machines it was written on, nobody else's text."""
    for path, text in texts_of(root):
        name = path.relative_to(root)
        if name.parts[0] in {"gateway", "image", "firmware", "web", "tests", "scripts"} and (m := MARKS.search(text)):
            yield f"{name}: unfinished mark '{m.group()}'"
        if m := PLACES.search(text):
            yield f"{name}: names a machine's place: '{m.group()}'"
        if path.suffix in {".h", ".cpp", ".py", ".sh", ".ts"} and (m := FOREIGN.search(text)):
            yield f"{name}: has a notice of its own ('{m.group()}'); the tree is under LICENSE as a whole"
    if not (root / "LICENSE").exists():
        yield "LICENSE: missing"


CHECKS = [upward_edges, undeclared_uses, foreign_headers, missing_readmes, shapes, stray_texts]


def main():
    root = Path(__file__).resolve().parents[3]
    problems = [line for check in CHECKS for line in check(root)]
    for line in problems:
        print(line)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
