#!/usr/bin/env python3
"""The architecture as a test: layers.py [ROOT] prints `path:line: what; what to do`.

Layers, public headers and third-party headers are the three tables below; nothing else says who may
include whom. The seeded bugs in src/ are those of tests/seeded_bugs/bugs.py. Exits 1 if anything but warnings was found. layers_test.py proves that every rule can
fail.
"""

import re
import sys
from pathlib import Path
from typing import NamedTuple

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "seeded_bugs"))
from bugs import BUGS  # noqa: E402

# layer: what it may include besides itself. Bottom up: it names only layers listed before it.
LAYERS = {
    "base": [],
    "io": ["base"],
    "model": ["base"],
    "journal": ["model", "io", "base"],
    "store": ["model", "io", "base"],
    "engine": ["journal", "store", "model", "io", "base"],
    "entities": ["engine", "model", "base"],
    "invariants": ["model", "base"],
    "world": ["entities", "invariants", "engine", "store", "journal", "model", "io", "base"],
    "c": ["world", "entities", "engine", "model", "base"],
    "jobs": ["world", "entities", "invariants", "engine", "store", "journal", "model", "io", "base"],
    "cli": ["jobs", "world", "entities", "engine", "store", "journal", "model", "io", "base"],
}

# include/perdure/<name>: the layer it belongs to, and so who may include it.
PUBLIC = {
    "status.h": "base",
    "column.h": "model",
    "value.h": "model",
    "table.h": "model",
    "batch.h": "model",
    "schema.h": "model",
    "evolution.h": "model",
    "validation.h": "model",
    "component.h": "model",
    "entity.h": "model",
    "durability.h": "model",
    "token.h": "engine",
    "snapshot.h": "engine",
    "transaction.h": "engine",
    "health.h": "engine",
    "runtime.h": "engine",
    "entities.h": "entities",
    "entities_each.h": "entities",
    "entity_map.h": "model",
    "external.h": "entities",
    "workers.h": "entities",
    "relations.h": "entities",
    "relations_each.h": "entities",
    "world.h": "world",
    "perdure.h": "world",
    "adapters/ecs_adapter.h": "world",
    "adapters/entt.h": "world",
    "adapters/flecs.h": "world",
    "backup.h": "jobs",
    "c.h": "c",
}

# include/perdure/<name>: those that are C, too. They may ask whether they are read as C++.
C_HEADERS = ["c.h"]
C_STANDARD = ["stddef.h", "stdint.h"]

# header, or the beginning of one: the folders that may include it. Tests and bench are free.
THIRD_PARTY = {
    "sqlite3.h": ["src/store/sqlite"],
    "xxhash.h": ["src/base"],
    "fmt/": ["src/base", "src/cli"],
    "toml++/": ["src/world"],
    "nlohmann/": ["src/cli", "src/world"],
    "CLI/": ["src/cli"],
    # system calls
    "sys/": ["src/io", "src/cli"],
    "unistd.h": ["src/io", "src/cli"],
    "fcntl.h": ["src/io", "src/cli"],
    "dirent.h": ["src/io"],
    "poll.h": ["src/cli"],
    "signal.h": ["src/cli"],
    "spawn.h": ["src/cli"],
    "termios.h": ["src/cli"],
}

# Stand-ins for libraries that are not installed: a file there is called as the library calls it.
STAND_INS = "tests/stand_ins/"

# include/perdure/status.h: what a Status may say. A public function that gives one names those it may.
CODES = ["invalid", "not_found", "conflict", "busy", "not_loaded", "read_only", "unknown", "locked",
         "unsupported", "incompatible", "corrupt", "no_space", "io", "expired", "refused"]
MAKES_STATUSES = "include/perdure/status.h"

HOMELESS = {"common", "util", "utils", "helper", "helpers", "manager", "managers"}
SOURCE_FOLDERS = ["src", "include", "tests", "examples", "bench"]
COLUMNS_MAX = 100
LINES_WARN = 400

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
STANDARD = re.compile(r"[a-z0-9_]+")  # <vector>, <cstdint>: no dot, no slash
NAME = re.compile(r"[a-z][a-z0-9_]*")
CONDITIONAL = re.compile(r"\s*#\s*(if|ifdef|ifndef)\b")
SEEDED_BUG = re.compile(r'\bseeded_bug\(\s*(?:"([^"]*)"\s*\))?')
FALLIBLE = re.compile(r"\s*(?:\[\[nodiscard\]\]\s*)?(?:(?:static|virtual|inline)\s+)*"
                      r"(?:Status|Result<.*>)\s+([a-z_]+)\(")
SECTION = re.compile(r"\s*(public|protected|private):")
TYPE = re.compile(r"\s*(class|struct)\b[^;]*$")
NAMED_CODE = re.compile(f"`(?:{'|'.join(CODES)})`")
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX)\b")


class Finding(NamedTuple):
    path: str
    line: int
    text: str
    warning: bool = False

    def __str__(self):
        return f"{self.path}:{self.line}: {'warning: ' if self.warning else ''}{self.text}"


class Source:
    """One C++ file: its place, its lines, what it includes."""

    def __init__(self, root, path):
        self.root = root
        self.path = path.relative_to(root).as_posix()
        self.parts = self.path.split("/")
        self.stem, self.is_header = path.stem, path.suffix == ".h"
        self.lines = path.read_text(encoding="utf-8").splitlines()
        self.includes = []  # (line, name, quoted)
        for number, line in enumerate(self.lines, 1):
            if match := INCLUDE.match(line):
                self.includes.append((number, match[2], match[1] == '"'))

    @property
    def is_c(self):
        """C code: one of our C headers, or a test of them."""
        return self.path.endswith(".c") or \
            self.path in (f"include/perdure/{name}" for name in C_HEADERS)

    @property
    def top(self):
        return self.parts[0]

    @property
    def layer(self):
        """The layer whose include rule holds here, or None where none does."""
        if self.top in ("src", "tests") and len(self.parts) > 2 and self.parts[1] in LAYERS:
            return self.parts[1]
        if self.path.startswith("include/perdure/"):
            return PUBLIC.get("/".join(self.parts[2:]))
        return None

    def find(self, line, text, warning=False):
        return Finding(self.path, line, text, warning)


def check_place(source):
    if source.top == "src" and (len(source.parts) < 3 or source.parts[1] not in LAYERS):
        yield source.find(1, "not in a layer; move it to a layer's folder, or add the layer to "
                             "LAYERS in tests/architecture/layers.py")
    if source.top == "include" and source.layer is None:
        yield source.find(1, "unknown public header; add it to PUBLIC in "
                             "tests/architecture/layers.py, with the layer it belongs to")


def check_name(source):
    endings = (".h", ".cc", ".c") if source.top == "tests" else (".h", ".cc")
    if not source.path.endswith(endings) and not source.path.startswith(STAND_INS):
        yield source.find(1, "unusual extension; headers end in .h, sources in .cc, and in .c where "
                             "tests are C")
    for name in [*source.parts[:-1], source.stem]:
        if not NAME.fullmatch(name):
            yield source.find(1, f"'{name}' is not snake_case; rename it after its main type")
        if HOMELESS & set(name.split("_")):
            yield source.find(1, f"'{name}' names no thing; find the noun that this is about")


def check_text(source):
    for number, line in enumerate(source.lines, 1):
        if len(line) > COLUMNS_MAX:
            yield source.find(number, f"{len(line)} columns; at most {COLUMNS_MAX}: break the line")
        if "\t" in line:
            yield source.find(number, "a tab; use spaces")
        if match := LEFTOVER.search(line):
            yield source.find(number, f"{match[1]} left over; do it now or open an issue")
    if len(source.lines) > LINES_WARN:
        yield source.find(1, f"{len(source.lines)} lines; past {LINES_WARN}, is it two things?",
                          warning=True)


def check_header(source):
    if not source.is_header and not source.path.startswith(STAND_INS):
        return
    if "#pragma once" not in source.lines:
        yield source.find(1, "no #pragma once; add it below the opening comment")
    if source.top == "include":
        for number, line in enumerate(source.lines, 1):
            if CONDITIONAL.match(line) and not (source.is_c and line == "#ifdef __cplusplus"):
                yield source.find(number, "conditional code in a public header, which may then "
                                          "differ between programs; move it to src/")


def comment_above(lines, number):
    """The comment right above a line and its `template <…>`; the first line is 0."""
    number -= 1
    while number >= 0 and lines[number].strip().startswith("template <"):
        number -= 1
    comment = []
    while number >= 0 and lines[number].strip().startswith("//"):
        comment.append(lines[number])
        number -= 1
    return "\n".join(comment)


def check_errors(source):
    """A public function that gives a Status or a Result says in its comment which codes it may give,
    each in backticks. An overload without a comment shares that of the one before it."""
    if source.top != "include" or source.is_c or source.path == MAKES_STATUSES:
        return
    public, internal, told = True, False, {}
    around = []  # of the types that are open: how far in they stand, and what was so before them
    for number, line in enumerate(source.lines):
        if "namespace detail" in line:
            internal = line.startswith("namespace")
        indent = len(line) - len(line.lstrip())
        if match := TYPE.match(line):
            around.append((indent, public))
            public, told = match[1] == "struct", {}
        elif line.strip() == "};" and around and around[-1][0] == indent:
            public, told = around.pop()[1], {}
        elif match := SECTION.match(line):
            public = match[1] == "public"
        match = FALLIBLE.match(line)
        if not match or internal or not public:
            continue
        comment = comment_above(source.lines, number)
        told[match[1]] = bool(NAMED_CODE.search(comment)) if comment else \
            told.get(match[1], False)
        if not told[match[1]]:
            yield source.find(number + 1, f"{match[1]}() can fail, and its comment names no code; "
                                          "say which, and when: `not_found`: …")


def check_own_header_first(source):
    if source.is_header or source.top != "src" or source.layer is None or not source.includes:
        return
    private = "/".join([*source.parts[1:-1], source.stem + ".h"])
    public = f"perdure/{source.stem}.h"
    own = []
    if (source.root / "src" / private).exists():
        own.append(private)
    if PUBLIC.get(source.stem + ".h") == source.layer and \
            (source.root / "include" / public).exists():
        own.append(public)
    line, first, _ = source.includes[0]
    if own and first not in own:
        yield source.find(line, f'"{first}" comes first; begin with "{own[0]}", so that it is seen '
                                "to compile alone")


def check_include(source, line, name, quoted):
    """One include. Our own headers obey LAYERS; all others must stand in THIRD_PARTY."""
    if name.startswith("perdure/"):
        target = PUBLIC.get(name.removeprefix("perdure/"))
        if target is None:
            yield source.find(line, f'"{name}" is no known public header; add it to PUBLIC in '
                                    "tests/architecture/layers.py")
        elif source.layer and target != source.layer and target not in LAYERS[source.layer]:
            yield source.find(line, f"{source.layer} includes {name} of layer {target}; "
                                    "includes point down: move the code or pass in what it needs")
    elif quoted:
        yield from check_private_include(source, line, name)
    elif not STANDARD.fullmatch(name):
        yield from check_third_party(source, line, name)


def check_private_include(source, line, name):
    folder = name.split("/")[0]
    if source.top == "include":
        yield source.find(line, f'public header includes "{name}"; only perdure/… and standard '
                                "headers may appear here")
    elif source.top == "src" and not (folder in LAYERS and (source.root / "src" / name).exists()):
        yield source.find(line, f'"{name}" is not a path from src/; write the full path')
    elif source.top == "examples" and folder in LAYERS:
        yield source.find(line, f'example includes "{name}"; examples use include/perdure only')
    elif source.layer and folder in LAYERS and folder != source.layer \
            and folder not in LAYERS[source.layer]:
        yield source.find(line, f"{source.layer} includes {name} of layer {folder}; "
                                "includes point down: move the code or pass in what it needs")


def check_third_party(source, line, name):
    if source.top in ("tests", "bench", "examples"):
        return
    if source.is_c and name in C_STANDARD:
        return
    folders = next((folders for begin, folders in THIRD_PARTY.items()
                    if name == begin or begin.endswith("/") and name.startswith(begin)), None)
    if source.top == "include":
        yield source.find(line, f"public header includes <{name}>; only perdure/… and standard "
                                "headers may appear here")
    elif folders is None:
        yield source.find(line, f"<{name}> is in no table; use the C++ header, or add it to "
                                "THIRD_PARTY in tests/architecture/layers.py")
    elif not any(source.path.startswith(folder + "/") for folder in folders):
        yield source.find(line, f"<{name}> belongs to {' and '.join(folders)}; "
                                "use what that folder offers instead")


def check_source(source):
    yield from check_place(source)
    yield from check_name(source)
    yield from check_text(source)
    yield from check_header(source)
    yield from check_errors(source)
    yield from check_own_header_first(source)
    for line, name, quoted in source.includes:
        yield from check_include(source, line, name, quoted)


def check_seeded_bugs(root, bugs):
    """What differs between the bugs in src/ and their table."""
    root = Path(root).resolve()
    table = "tests/seeded_bugs/bugs.py"
    where = {bug.name: f"src/{bug.where}" for bug in bugs}
    seen = set()
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".h", ".cc") or path.stem == "seeded_bug":
            continue
        text, name_of_file = path.read_text(encoding="utf-8"), path.relative_to(root).as_posix()
        for match in SEEDED_BUG.finditer(text):
            name, line = match[1], text.count("\n", 0, match.start()) + 1
            if name is None:
                yield Finding(name_of_file, line, "a seeded bug whose name is not written here; "
                                                  "give it in quotes, in one piece")
            elif name not in where:
                yield Finding(name_of_file, line, f'seeded bug "{name}" is in no table; add it to '
                                                  f"{table}, with the promise that it breaks")
            elif where[name] != name_of_file:
                yield Finding(name_of_file, line, f'seeded bug "{name}" belongs to {where[name]}; '
                                                  f"move it, or correct {table}")
            elif name in seen:
                yield Finding(name_of_file, line, f'seeded bug "{name}" is here twice; give one '
                                                  "of them another name")
            seen.add(name)
    for number, bug in enumerate(bugs):
        if bug.name not in seen:
            yield Finding(table, 1, f'seeded bug "{bug.name}" is nowhere in src/; remove it')
        if bug.name in (other.name for other in bugs[:number]):
            yield Finding(table, 1, f'seeded bug "{bug.name}" is listed twice; remove one')


def check_tree(root):
    """All findings under `root`, in path order."""
    root = Path(root).resolve()
    findings = []
    for folder in SOURCE_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".h", ".cc", ".hpp", ".hh", ".cpp", ".cxx", ".c", ".inl"):
                findings += check_source(Source(root, path))
    return findings


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    findings = [*check_tree(root), *check_seeded_bugs(root, BUGS)]
    for finding in findings:
        print(finding)
    faults = sum(not finding.warning for finding in findings)
    print(f"architecture: {faults} faults, {len(findings) - faults} warnings")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
