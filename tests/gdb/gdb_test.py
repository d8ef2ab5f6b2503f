#!/usr/bin/env python3
"""What gdb says of Perdure's values: gdb_test.py SAMPLE PRINTERS runs tests/gdb/sample.cc up to
stop_here() and compares. Without gdb it fails: it is in the list of scripts/install-packages.sh.
"""

import re
import shutil
import subprocess
import sys
import unittest

SAMPLE, PRINTERS = sys.argv[1:3]

EXPECTED = {
    "fine": "ok",
    "broken": r"corrupt: journal/1.pdj at offset 8192:\x0abad",
    "seven": "ok = {value = 7}",
    "failed": r"corrupt: journal/1.pdj at offset 8192:\x0abad",
    "level": "level i64, default 1",
    "at": "array<i16,3>",
    "table": "table profiles (id 7, version 2, category economy, append-only) = {"
             "[0] = name text, key, [1] = level i64, default 1, [2] = luck f64, may be null, "
             "[3] = alive bool, [4] = speed f32, [5] = at array<i16,3>, [6] = uuid uuid, "
             "[7] = extra json, [8] = raw bytes, [9] = owner id}",
    "batch": "upsert profiles: 2 rows = {"
             r'[0] = name="ana \"\x1b"  level=-7  luck=0.5  alive=true  speed=0.1  '
             "at=[257, 257, 257]  uuid=abcd0000-0000-0000-0000-000000000000  "
             """extra={"hp":3}  raw=x'00ff'  owner=42, """
             '[1] = name="' + "b" * 64 + '"…+6 bytes  level=1  luck=NULL  alive=false  speed=0  '
             "at=[0, 0, 0]  uuid=00000000-0000-0000-0000-000000000000  extra=  raw=x''  owner=0}",
    "erased": 'erase profiles: 1 row = {[0] = name="bo"}',
    "nothing": "no batch",
    "null": "NULL",
    "text": r'"é\xff\x0a"',
    "long_text": '"' + "x" * 64 + '"…+99,938 bytes',
    "long_bytes": "x'" + "00" * 64 + "'…+1 byte",
    "number": "-7",
    "half": "0.5",
    "json": "[1]",
    "cell": "level=7",
    "ana": "entity 42",
    "nobody": "nobody",
    "uuid": "abcd0000-0000-0000-0000-000000000000",
    "fog": "category fog: relaxed, at most 500 ms lost",
    "under_way": "LSN 17, tick 5, level journal: under way",
    "done": "LSN 16, level journal: done",
    "of_nothing": "of nothing: done",
}


def ask(expressions):
    """What gdb prints for each of them, in the frame that calls stop_here()."""
    command = ["gdb", "-batch", "-nx", "-iex", "set auto-load off",
               "-iex", "set debuginfod enabled off", "-ex", f"source {PRINTERS}",
               "-ex", "set disable-randomization off", "-ex", "set print elements 1000",
               "-ex", "break stop_here", "-ex", "run", "-ex", "up"]
    for expression in expressions:
        command += ["-ex", f"echo <<{expression}>>", "-ex", f"output {expression}"]
    command += ["-ex", "echo <<end>>", "-ex", "kill", SAMPLE]
    ran = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120,
                         env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "HOME": "/"})
    said = dict(re.findall(r"<<(.*?)>>(.*?)(?=<<)", ran.stdout, re.DOTALL))
    return said, ran.stdout + ran.stderr


class Gdb(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if shutil.which("gdb") is None:
            raise RuntimeError("gdb is not installed; say `scripts/install-packages.sh test`, or "
                               "apt-get install gdb")
        cls.said, cls.all = ask([*EXPECTED, "changes", "health", "never_made", "no_table", "*(perdure::Batch*)8"])

    def test_each_value_is_told_in_words(self):
        for name, words in EXPECTED.items():
            with self.subTest(name):
                self.assertEqual(self.said.get(name), words, self.all)

    def test_a_change_set_holds_its_batches(self):
        self.assertTrue(self.said["changes"].startswith(
            "LSN 17, tick 5: 1 batch = {batches[0] = upsert profiles: 2 rows = {[0] = name="),
            self.said["changes"])

    def test_health_begins_with_what_matters(self):
        self.assertTrue(self.said["health"].startswith(
            r"read-only, trouble corrupt: journal/1.pdj at offset 8192:\x0abad; LSN 17 accepted, "
            "16 durable, 0 stored, 0 safe = {trouble = corrupt: "), self.said["health"])
        for words in ["tick = none", "prepare_waits = 0", 'store = "sqlite"']:
            self.assertIn(words, self.said["health"])

    def test_what_cannot_be_read_is_no_crash(self):
        self.assertIn("annot access memory", self.all)
        self.assertIn("<BatchPrinter: Cannot access memory", self.said["never_made"])
        self.assertIn("<TablePrinter: Cannot access memory", self.said["no_table"])
        self.assertNotIn("Traceback", self.all)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
