#!/usr/bin/env python3
"""Proves that abi.py notices: small headers, one change each."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
import abi  # noqa: E402

HEADER = """#pragma once
#include <stddef.h>
#include <stdint.h>
enum perdure_code_value { PERDURE_OK = 0, PERDURE_INVALID = 1 };
typedef int32_t perdure_code;  // no enum; its size is fixed
typedef struct perdure_error {
    perdure_code code;
    char message[16];
} perdure_error;
typedef struct perdure_options {
    uint32_t size;
    uint32_t flags;
    void (*log)(void* context, const char* line);
} perdure_options;
const char* perdure_version(void);
perdure_code perdure_open(const char* directory,
                          perdure_error* error);
"""


class Abi(unittest.TestCase):
    def read(self, header):
        with tempfile.TemporaryDirectory() as root:
            folder = Path(root, "perdure")
            folder.mkdir()
            Path(folder, "c.h").write_text(header)
            return abi.abi_of(Path(root))

    def compare(self, old, new):
        self.assertIn(old, HEADER)
        return abi.compare(self.read(HEADER), self.read(HEADER.replace(old, new)))

    def expect_broken(self, old, new, word):
        broken, _ = self.compare(old, new)
        self.assertTrue(any(word in what for what in broken), broken)

    def test_everything_is_read(self):
        self.assertEqual(self.read(HEADER), {
            "function perdure_version": "const char* perdure_version(void)",
            "function perdure_open": "perdure_code perdure_open(const char* directory, perdure_error* error)",
            "enum perdure_code_value PERDURE_OK": "0",
            "enum perdure_code_value PERDURE_INVALID": "1",
            "struct perdure_error": "20",
            "field perdure_error.code": "0 4 perdure_code",
            "field perdure_error.message": "4 16 char[16]",
            "struct perdure_options": "16",
            "field perdure_options.size": "0 4 uint32_t",
            "field perdure_options.flags": "4 4 uint32_t",
            "field perdure_options.log": "8 8 void (*)(void* context, const char* line)",
        })

    def test_the_same_header_is_the_same(self):
        self.assertEqual(self.compare("enum", "enum"), ([], []))

    def test_functions_stay(self):
        self.expect_broken("const char* perdure_version(void);", "", "perdure_version is gone")
        self.expect_broken("const char* directory", "const void* directory", "perdure_open is")

    def test_values_stay(self):
        self.expect_broken("PERDURE_INVALID = 1", "PERDURE_INVALID = 2", "PERDURE_INVALID is: 2")
        self.expect_broken(", PERDURE_INVALID = 1", "", "PERDURE_INVALID is gone")

    def test_fields_stay_where_they_are(self):
        self.expect_broken("uint32_t flags;", "uint32_t more, flags_;\n", "flags is gone")
        self.expect_broken("    uint32_t flags;\n", "    uint32_t more;\n    uint32_t flags;\n", "flags is: 8")
        self.expect_broken("uint32_t flags", "int32_t flags", "int32_t; it was: 4 4 uint32_t")

    def test_structs_with_a_size_grow_at_their_end(self):
        broken, new = self.compare("} perdure_options;", "    uint64_t more;\n} perdure_options;")
        self.assertEqual(broken, [])
        self.assertEqual(new, ["field perdure_options.more", "struct perdure_options"])

    def test_other_structs_do_not(self):
        self.expect_broken("} perdure_error;", "    uint64_t more;\n} perdure_error;", "perdure_error is: 32")
        self.expect_broken("} perdure_error;", "    uint64_t more;\n} perdure_error;", "cannot grow")

    def test_what_is_new_is_told(self):
        _, new = self.compare("const char* perdure_version(void);",
                              "const char* perdure_version(void);\nint perdure_more(void);")
        self.assertEqual(new, ["function perdure_more"])

    def test_what_the_library_exports_is_what_the_header_says(self):
        fine = [("perdure_a", "PERDURE_C_1"), ("perdure_b", "PERDURE_C_1.2")]
        self.assertEqual(abi.compare_exports(["perdure_a", "perdure_b"], fine), [])
        self.assertIn("not exported", abi.compare_exports(["perdure_a", "perdure_b"], fine[:1])[0])
        self.assertIn("no header", abi.compare_exports(["perdure_a"], fine)[0])
        self.assertIn("has the version", abi.compare_exports(["perdure_a"], [("perdure_a", "PERDURE_CPP")])[0])


if __name__ == "__main__":
    unittest.main()
