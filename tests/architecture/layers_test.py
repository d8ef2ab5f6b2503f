#!/usr/bin/env python3
"""Proves that every rule of layers.py can fail: small bad trees in, one expected finding out."""

import contextlib
import io
import re
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
import layers  # noqa: E402
from bugs import BUGS, SIMULATED  # noqa: E402, where layers found it

GOOD_TREE = {
    "include/perdure/status.h": "#pragma once\n#include <string>\n",
    "include/perdure/table.h": '#pragma once\n#include "perdure/status.h"\n',
    "include/perdure/world.h": '#pragma once\n#include "perdure/table.h"\n',
    "include/perdure/c.h": "#pragma once\n#include <stdint.h>\n#ifdef __cplusplus\n#endif\n",
    "tests/c/rows_test.c": '#include "perdure/c.h"\n#include <stdio.h>\n',
    "src/base/status.cc": '#include "perdure/status.h"\n#include <cstdint>\n',
    "src/base/text.h": "#pragma once\n#include <fmt/format.h>\n",
    "src/io/posix_file.h": "#pragma once\n",
    "src/io/posix_file.cc": '#include "io/posix_file.h"\n#include <sys/stat.h>\n'
                            '#include <unistd.h>\n#include "base/text.h"\n',
    "src/store/store.h": "#pragma once\n",
    "src/store/sqlite/sqlite_store.h": '#pragma once\n#include "store/store.h"\n',
    "src/store/sqlite/sqlite_store.cc": '#include "store/sqlite/sqlite_store.h"\n'
                                        "#include <sqlite3.h>\n",
    "src/cli/main.cc": '#include <CLI/CLI.hpp>\n#include "perdure/world.h"\n'
                       '#include "base/text.h"\n',
    "tests/store/store_test.cc": "#include <gtest/gtest.h>\n#include <sqlite3.h>\n"
                                 '#include "store/store.h"\n#include "support/matchers.h"\n',
    "tests/fuzz/recovery.cc": '#include "journal/recovery.h"\n#include "store/store.h"\n'
                              '#include "fuzz/target.h"\n',
    "tests/install/main.cc": "#include <perdure/world.h>\n",
    "examples/first_world/main.cc": "#include <perdure/world.h>\n",
    "bench/raw/raw.cc": "#include <fcntl.h>\n",
}


class Rules(unittest.TestCase):
    def check(self, changes):
        """The findings for the good tree with `changes` made to it."""
        with tempfile.TemporaryDirectory() as root:
            for path, content in {**GOOD_TREE, **changes}.items():
                file = Path(root, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content, encoding="utf-8")
            return [str(finding) for finding in layers.check_tree(root)]

    def expect(self, path, content, line, *words):
        """Exactly one finding, at path:line, in the form `what; what to do`, containing `words`."""
        findings = self.check({path: content})
        self.assertEqual(len(findings), 1, findings)
        self.assertTrue(findings[0].startswith(f"{path}:{line}: "), findings[0])
        self.assertRegex(findings[0], "; .")
        for word in words:
            self.assertIn(word, findings[0])

    def test_the_good_tree_is_good(self):
        self.assertEqual(self.check({}), [])

    def test_includes_point_down(self):
        self.expect("src/base/bytes.h", '#pragma once\n#include "io/posix_file.h"\n', 2,
                    "base includes io/posix_file.h of layer io", "point down")

    def test_store_and_journal_do_not_know_each_other(self):
        self.expect("src/journal/frame.h", '#pragma once\n#include "store/store.h"\n', 2,
                    "journal includes store/store.h")

    def test_public_headers_belong_to_a_layer(self):
        self.expect("src/io/clock.h", '#pragma once\n#include "perdure/world.h"\n', 2,
                    "io includes perdure/world.h of layer world")

    def test_public_headers_point_down_among_themselves(self):
        self.expect("include/perdure/value.h", '#pragma once\n#include <perdure/world.h>\n', 2,
                    "model includes perdure/world.h")

    def test_unknown_public_header(self):
        self.expect("include/perdure/extra.h", "#pragma once\n", 1, "add it to PUBLIC")

    def test_include_of_an_unknown_public_header(self):
        self.expect("src/cli/run.cc", '#include "perdure/nowhere.h"\n', 1, "add it to PUBLIC")

    def test_tests_obey_their_layer(self):
        self.expect("tests/io/clock_test.cc", '#include "store/store.h"\n', 1,
                    "io includes store/store.h of layer store")

    def test_tests_above_the_layers_may_include_all(self):
        self.assertEqual(self.check({"tests/simulation/run.cc": '#include "store/store.h"\n'}), [])

    def test_sources_live_in_a_layer(self):
        self.expect("src/extra/thing.cc", "\n", 1, "not in a layer")
        self.expect("src/thing.cc", "\n", 1, "not in a layer")

    def test_includes_are_full_paths(self):
        self.expect("src/store/row.h", '#pragma once\n#include "store.h"\n', 2, "full path")
        self.expect("src/store/row.h", '#pragma once\n#include "../base/text.h"\n', 2, "full path")
        self.expect("src/store/row.h", '#pragma once\n#include "base/gone.h"\n', 2, "full path")

    def test_third_party_headers_have_one_home(self):
        for path, header in [
                ("src/store/row.h", "sqlite3.h"), ("src/io/row.h", "xxhash.h"),
                ("src/io/row.h", "fmt/format.h"), ("src/engine/row.h", "toml++/toml.h"),
                ("src/engine/row.h", "nlohmann/json.hpp"), ("src/world/row.h", "CLI/CLI.hpp")]:
            self.expect(path, f"#pragma once\n#include <{header}>\n", 2, f"<{header}> belongs to")

    def test_system_calls_are_made_in_io(self):
        for header in ["unistd.h", "fcntl.h", "sys/mman.h"]:
            self.expect("src/journal/row.h", f"#pragma once\n#include <{header}>\n", 2, "src/io")

    def test_unknown_third_party_header(self):
        self.expect("src/io/row.h", "#pragma once\n#include <zstd.h>\n", 2, "add it to THIRD_PARTY")

    def test_public_headers_show_no_third_party_and_nothing_private(self):
        self.expect("include/perdure/value.h", "#pragma once\n#include <sqlite3.h>\n", 2,
                    "only perdure/")
        self.expect("include/perdure/value.h", '#pragma once\n#include "base/text.h"\n', 2,
                    "only perdure/")

    def test_public_headers_have_no_conditionals(self):
        self.expect("include/perdure/value.h", "#pragma once\n#ifdef NDEBUG\n#endif\n", 2,
                    "conditional")

    def test_c_headers_ask_for_nothing_but_cplusplus(self):
        self.expect("include/perdure/c.h", "#pragma once\n#ifdef __linux__\n#endif\n", 2,
                    "conditional")
        self.expect("include/perdure/c.h", "#pragma once\n#include <stdio.h>\n", 2,
                    "only perdure/")
        self.expect("include/perdure/value.h", "#pragma once\n#include <stdint.h>\n", 2,
                    "only perdure/")

    def test_only_tests_are_written_in_c(self):
        self.expect("src/io/clock.c", "\n", 1, "extension")

    def test_public_functions_say_their_errors(self):
        for function in ["Status f();", "[[nodiscard]] Status f() const;",
                         "static Result<std::unique_ptr<A>> f(int a,",
                         "template <typename T>\n    Result<int> f();"]:
            line = 4 + function.count("\n")
            for comment in ["", "// Does it.", "// Does `it`, or io."]:
                self.expect("include/perdure/value.h", "#pragma once\nstruct A {\n    "
                            f"{comment}\n    {function}\n}};\n", line, "f() can fail")
            good = f"#pragma once\nstruct A {{\n    // `io`: it broke.\n    {function}\n}};\n"
            self.assertEqual(self.check({"include/perdure/value.h": good}), [])

    def test_an_overload_shares_the_errors_of_the_one_before_it(self):
        first = "#pragma once\n// `io`: it broke.\nStatus f();\n"
        self.assertEqual(self.check({"include/perdure/value.h": first + "Status f(int);\n"}), [])
        self.expect("include/perdure/value.h", first + "Status g(int);\n", 4, "g() can fail")
        self.expect("include/perdure/value.h", first + "// Otherwise.\nStatus f(int);\n", 5, "f()")

    def test_private_and_internal_functions_need_not_say_their_errors(self):
        self.assertEqual(self.check({"include/perdure/value.h": "#pragma once\nclass A {\n"
                                     "    Status f();\nprotected:\n    Status g();\n};\n"}), [])
        self.assertEqual(self.check({"include/perdure/value.h": "#pragma once\nnamespace detail {\n"
                                     "Status f();\n}  // namespace detail\n"}), [])
        self.assertEqual(self.check({"include/perdure/value.h": "#pragma once\nclass A {\n"
                                     "    struct B {\n        int b;\n    };\n    Status f();\n"
                                     "};\n"}), [])
        self.expect("include/perdure/value.h", "#pragma once\nclass A {\npublic:\n    Status f();\n"
                    "};\n", 4, "f() can fail")
        self.expect("include/perdure/value.h", "#pragma once\nnamespace detail {\n"
                    "}  // namespace detail\nStatus f();\n", 4, "f() can fail")

    def test_examples_use_the_public_headers(self):
        self.expect("examples/first_world/more.cc", '#include "store/store.h"\n', 1,
                    "include/perdure only")

    def test_own_header_comes_first(self):
        self.expect("src/io/posix_file.cc",
                    '#include "base/text.h"\n#include "io/posix_file.h"\n', 1,
                    'begin with "io/posix_file.h"')
        self.expect("src/base/status.cc", '#include <string>\n#include "perdure/status.h"\n', 1,
                    'begin with "perdure/status.h"')

    def test_headers_are_read_once(self):
        self.expect("src/io/clock.h", "#ifndef CLOCK_H\n#endif\n", 1, "#pragma once")

    def test_names_are_snake_case(self):
        self.expect("src/io/PosixClock.cc", "\n", 1, "snake_case")
        self.expect("src/io/posix-clock.cc", "\n", 1, "snake_case")

    def test_extensions(self):
        self.expect("src/io/clock.cpp", "\n", 1, "extension")
        self.expect("tests/io/clock.hpp", "\n", 1, "extension")
        self.assertEqual(self.check({"tests/stand_ins/entt/entt.hpp": "#pragma once\n"}), [])
        self.expect("tests/stand_ins/entt/entt.hpp", "\n", 1, "pragma once")

    def test_names_name_a_thing(self):
        for name in ["common", "utils", "helpers", "manager", "string_util", "store_manager"]:
            self.expect(f"src/io/{name}.cc", "\n", 1, "names no thing")
        self.expect("src/io/utils/clock.cc", "\n", 1, "names no thing")

    def test_lines_end_at_column_100(self):
        self.expect("src/io/clock.cc", "// " + "x" * 98 + "\n", 1, "101 columns")
        self.assertEqual(self.check({"src/io/clock.cc": "// " + "…" * 97 + "\n"}), [])

    def test_no_tabs(self):
        self.expect("src/io/clock.cc", "\n\tint x;\n", 2, "tab")

    def test_nothing_is_left_over(self):
        for word in ["TODO", "FIXME", "XXX"]:
            self.expect("src/io/clock.cc", f"// {word}: later\n", 1, word)
        self.assertEqual(self.check({"src/io/clock.cc": '"/tmp/XXXXXX"\n'}), [])

    def test_long_files_are_warned_of_only(self):
        tree = {"src/io/clock.cc": "\n" * 401}
        self.assertEqual([f.split(": ")[1] for f in self.check(tree)], ["warning"])

    def test_tests_and_bench_are_held_to_the_text_rules_too(self):
        self.expect("tests/io/clock_test.cc", "// TODO\n", 1, "TODO")
        self.expect("bench/raw/raw.cc", "\t\n", 1, "tab")


class Tables(unittest.TestCase):
    def test_layers_are_listed_bottom_up(self):
        seen = set()
        for layer, may_include in layers.LAYERS.items():
            self.assertLessEqual(set(may_include), seen, layer)
            seen.add(layer)

    def test_codes_are_those_of_the_header(self):
        header = Path(__file__).parents[2] / layers.MAKES_STATUSES
        codes = re.findall(r"^    ([a-z_]+) = \d+,", header.read_text(encoding="utf-8"), re.MULTILINE)
        self.assertEqual(["ok", *layers.CODES], codes)

    def test_public_headers_name_known_layers(self):
        self.assertLessEqual(set(layers.PUBLIC.values()), set(layers.LAYERS))


class SeededBugs(unittest.TestCase):
    BUG = BUGS[0]._replace(name="io: a bug", where="io/clock.cc")

    def check(self, sources, bugs):
        with tempfile.TemporaryDirectory() as root:
            for path, content in sources.items():
                file = Path(root, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content, encoding="utf-8")
            return [str(finding) for finding in layers.check_seeded_bugs(root, bugs)]

    def expect(self, sources, bugs, begin, words):
        findings = self.check(sources, bugs)
        self.assertEqual(len(findings), 1, findings)
        self.assertTrue(findings[0].startswith(begin), findings[0])
        self.assertIn(words, findings[0])
        self.assertRegex(findings[0], "; .")

    def test_a_bug_in_source_and_table_is_fine(self):
        for use in ['seeded_bug("io: a bug")', 'seeded_bug(\n    "io: a bug")']:
            self.assertEqual(self.check({"src/io/clock.cc": f"if ({use}) return;\n"}, [self.BUG]), [])
        header = {"src/io/clock.cc": 'seeded_bug("io: a bug")\n',
                  "src/base/seeded_bug.h": 'bool seeded_bug(std::string_view name);\n'}
        self.assertEqual(self.check(header, [self.BUG]), [])

    def test_a_bug_that_is_in_no_table(self):
        self.expect({"src/io/clock.cc": '\nseeded_bug("io: a bug")\n'}, [], "src/io/clock.cc:2: ",
                    "in no table")

    def test_a_bug_that_is_nowhere(self):
        self.expect({"src/io/clock.cc": "\n"}, [self.BUG], "tests/seeded_bugs/bugs.py:1: ",
                    '"io: a bug" is nowhere')

    def test_a_bug_elsewhere(self):
        self.expect({"src/io/file.cc": 'seeded_bug("io: a bug")\n'}, [self.BUG],
                    "src/io/file.cc:1: ", "belongs to src/io/clock.cc")

    def test_a_bug_twice(self):
        self.expect({"src/io/clock.cc": 'seeded_bug("io: a bug")\n' * 2}, [self.BUG],
                    "src/io/clock.cc:2: ", "twice")
        self.expect({"src/io/clock.cc": 'seeded_bug("io: a bug")\n'}, [self.BUG, self.BUG],
                    "tests/seeded_bugs/bugs.py:1: ", "listed twice")

    def test_a_bug_without_a_name(self):
        for use in ["seeded_bug(name)", 'seeded_bug("io: a " "bug")']:
            self.expect({"src/io/clock.cc": f"{use}\n"}, [], "src/io/clock.cc:1: ", "not written")


    def test_what_the_simulator_is_to_find_is_in_the_table(self):
        self.assertLessEqual(SIMULATED, {bug.name for bug in BUGS})


class ExitCode(unittest.TestCase):
    def run_main(self, content):
        with tempfile.TemporaryDirectory() as root:
            Path(root, "src/io").mkdir(parents=True)
            Path(root, "src/io/clock.cc").write_text(content, encoding="utf-8")
            with mock.patch("sys.argv", ["layers.py", root]), \
                    mock.patch.object(layers, "BUGS", []), \
                    contextlib.redirect_stdout(io.StringIO()):
                return layers.main()

    def test_faults_fail_and_warnings_do_not(self):
        self.assertEqual(self.run_main("\t\n"), 1)
        self.assertEqual(self.run_main("\n" * 500), 0)
        self.assertEqual(self.run_main("\n"), 0)


if __name__ == "__main__":
    unittest.main()
