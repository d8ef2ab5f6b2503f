"""Perdure's values in gdb, from a live process or a core: `source perdure-gdb.py`, or by itself where
the shared library is installed under /usr. Nothing is called in the program; all is read from memory.

Each printer says what to_text() says (perdure/value.h), on one line and rows as elements, and falls
back on gdb's own words where it meets what it does not know.
"""

import struct

import gdb
import gdb.printing

# ColumnKind: its name, and how one fixed-width cell is read. docs/format/definition.md
KINDS = {
    1: ("bool", None), 2: ("i8", "b"), 3: ("i16", "h"), 4: ("i32", "i"), 5: ("i64", "q"),
    6: ("u8", "B"), 7: ("u16", "H"), 8: ("u32", "I"), 9: ("u64", "Q"), 10: ("id", "Q"),
    11: ("f32", "f"), 12: ("f64", "d"), 13: ("text", None), 14: ("json", None),
    15: ("bytes", None), 16: ("uuid", None), 17: ("array", None),
}
OPERATIONS = {1: "upsert", 2: "erase"}
LEVELS = {0: "ephemeral", 1: "relaxed", 2: "journal", 3: "stored"}
BYTES_SHOWN = 64
MESSAGE_SHOWN = 1 << 14
ELEMENTS_MAX = 1 << 16  # beyond it a vector was not made yet, or is no more
COLUMNS_SHOWN = 32


def fields_of(value):
    return value.type.strip_typedefs().fields()


def pointer_in(value):
    """The first pointer in it: what a unique_ptr or shared_ptr points to, in any library."""
    if value.type.strip_typedefs().code == gdb.TYPE_CODE_PTR:
        return value
    if value.type.strip_typedefs().code != gdb.TYPE_CODE_STRUCT:
        return None
    for field in fields_of(value):
        if hasattr(field, "bitpos"):  # a static member has none
            found = pointer_in(value[field])
            if found is not None:
                return found
    return None


def memory(address, size):
    return bytes(gdb.selected_inferior().read_memory(int(address), int(size))) if size else b""


def begin_of(address, size):
    """As much of a long cell as is shown, and its length: the rest stays where it is."""
    return memory(address, min(int(size), BYTES_SHOWN + 4)), int(size)


def place_of(value):
    """Where the bytes of a std::string or std::string_view of libstdc++ are, and how many."""
    names = [field.name for field in fields_of(value)]
    if "_M_dataplus" in names:
        return value["_M_dataplus"]["_M_p"], value["_M_string_length"]
    return value["_M_str"], value["_M_len"]


def string_of(value):
    """A name or a message: of one that is no string, only its beginning."""
    begin, size = place_of(value)
    return printable(memory(begin, min(int(size), MESSAGE_SHOWN)))


def printable(data):
    """UTF-8 as it is; what is none, and control characters, as \\x1b."""
    text = data.decode("utf-8", "surrogateescape") if isinstance(data, bytes) else data
    shown = ""
    for letter in text:
        code = ord(letter)
        if 0xDC80 <= code <= 0xDCFF:
            shown += f"\\x{code - 0xDC00:02x}"
        elif code < 0x20 or code == 0x7F:
            shown += f"\\x{code:02x}"
        elif 0x80 <= code < 0xA0:
            shown += "".join(f"\\x{byte:02x}" for byte in letter.encode("utf-8"))
        else:
            shown += letter
    return shown


def beginning(data, size):
    """What is shown of a long cell, and in words what is not."""
    end = min(size, BYTES_SHOWN)
    while BYTES_SHOWN - 3 < end < size and data[end] & 0xC0 == 0x80:
        end -= 1
    return data[:end], rest_words(size - end)


def rest_words(left):
    return f"…+{count_words(left, 'byte')}" if left else ""


def text_words(data, size):
    shown, rest = beginning(data, size)
    return '"' + printable(shown.replace(b"\\", b"\\\\").replace(b'"', b'\\"')) + '"' + rest


def json_words(data, size):
    shown, rest = beginning(data, size)
    return printable(shown) + rest


def bytes_words(data, size):
    return f"x'{data[:BYTES_SHOWN].hex()}'{rest_words(max(size - BYTES_SHOWN, 0))}"


def uuid_words(data):
    digits = data.hex()
    return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])


def number_words(form, data):
    number = struct.unpack("<" + form, data)[0]
    if form == "f":  # the shortest that is this float, not the double that it is widened to
        for digits in range(6, 10):
            if struct.pack("<f", float(f"{number:.{digits}g}")) == data:
                return f"{number:.{digits}g}"
    return f"{number:g}" if form == "d" and number.is_integer() and abs(number) < 1e16 else str(number)


def optional_of(value):
    """What a std::optional holds, or None."""
    payload = value["_M_payload"]
    if not bool(payload["_M_engaged"]):
        return None
    return payload["_M_payload"]["_M_value"]


def elements_of(vector):
    """The elements of a std::vector."""
    at = vector["_M_impl"]["_M_start"]
    for number in range(size_of(vector)):
        yield (at + number).dereference()


def size_of(vector):
    size = int(vector["_M_impl"]["_M_finish"] - vector["_M_impl"]["_M_start"])
    if not 0 <= size <= ELEMENTS_MAX:
        raise ValueError(f"a vector of {size} elements")
    return size


def count_words(count, noun):
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def status_words(status):
    error = pointer_in(status["error_"])
    if int(error) == 0:
        return "ok"
    error = error.dereference()
    return f"{enum_words(error['code'])}: {string_of(error['message'])}"


def enum_words(value):
    return str(value).rsplit("::", 1)[-1]


def type_words(column_type):
    kind = int(column_type["kind"])
    name = KINDS.get(kind, ("unknown kind", None))[0]
    if kind != 17:
        return name
    element = KINDS.get(int(column_type["element"]), ("unknown kind", None))[0]
    return f"array<{element},{int(column_type['count'])}>"


class Words:
    """A printer of one line."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        return self.words()


class StatusPrinter(Words):
    def words(self):
        return status_words(self.value)


class ResultPrinter(Words):
    def words(self):
        return "ok" if optional_of(self.value["value_"]) is not None else \
            status_words(self.value["status_"])

    def children(self):
        held = optional_of(self.value["value_"])
        if held is not None:
            yield "value", held


class EntityPrinter(Words):
    def words(self):
        number = int(self.value["id"])
        return {0: "nobody", 1: "the world"}.get(number, f"entity {number}")


class UuidPrinter(Words):
    def words(self):
        return uuid_words(memory(self.value["bytes"].address, 16))


class JsonPrinter(Words):
    def words(self):
        return json_words(*begin_of(*place_of(self.value["text"])))


class ValuePrinter(Words):
    def words(self):
        storage = self.value["storage_"]
        index = int(storage["_M_index"])
        if index > 10:
            return "no value"
        union = storage["_M_u"]
        for _ in range(index):
            union = union["_M_rest"]
        place = union["_M_first"]["_M_storage"]
        held = place.address.cast(
            storage.type.strip_typedefs().template_argument(index).pointer()).dereference()
        if index == 0:
            return "NULL"
        if index == 1:
            return "true" if bool(held) else "false"
        if index in (2, 3):
            return str(int(held))
        if index in (4, 5):
            return number_words("fd"[index - 4], memory(held.address, held.type.sizeof))
        if index == 6:
            return text_words(*begin_of(*place_of(held)))
        if index == 7:
            return JsonPrinter(held).words()
        if index == 8:
            begin = held["_M_impl"]["_M_start"]
            return bytes_words(*begin_of(begin, held["_M_impl"]["_M_finish"] - begin))
        return UuidPrinter(held).words() if index == 9 else str(int(held["id"]))


class CellPrinter(Words):
    def words(self):
        return f"{string_of(self.value['column'])}={ValuePrinter(self.value['value']).words()}"


class ColumnTypePrinter(Words):
    def words(self):
        return type_words(self.value)


class ColumnPrinter(Words):
    def words(self):
        default = ValuePrinter(self.value["default_value"]).words()
        return string_of(self.value["name"]) + " " + type_words(self.value["type"]) + \
            (", may be null" if bool(self.value["nullable"]) else "") + \
            ("" if default == "NULL" else f", default {default}")


class TablePrinter(Words):
    def words(self):
        table = self.value
        return f"table {string_of(table['name'])} (id {int(table['id'])}, version " \
            f"{int(table['version'])}, category {string_of(table['category'])}" + \
            (", append-only" if bool(table["append_only"]) else "") + \
            (", resident" if bool(table["resident"]) else "") + ")"

    def children(self):
        keys = int(self.value["key_columns"])
        for number, column in enumerate(elements_of(self.value["columns"])):
            yield f"[{number}]", ColumnPrinter(column).words() + (", key" if number < keys else "")


class BatchPrinter(Words):
    def __init__(self, value):
        super().__init__(value)
        self.data = int(value["block_"]["data_"])
        self.rows = int(value["rows_"])

    def words(self):
        if self.data == 0:
            return "no batch"
        operation = OPERATIONS.get(int(self.value["operation_"]), "unknown operation")
        return f"{operation} {string_of(self.value['table_']['name'])}: " \
            f"{count_words(self.rows, 'row')}"

    def children(self):
        if self.data == 0:
            return
        table = self.value["table_"].dereference()
        columns = list(elements_of(table["columns"]))
        if int(self.value["operation_"]) == 2:
            columns = columns[:int(table["key_columns"])]
        for row in range(self.rows):
            cells = [f"{string_of(column['name'])}={self.cell(number, column['type'], row)}"
                     for number, column in enumerate(columns[:COLUMNS_SHOWN])]
            if len(columns) > COLUMNS_SHOWN:
                cells.append(f"… and {len(columns) - COLUMNS_SHOWN} more cells")
            yield f"[{row}]", "  ".join(cells)

    def cell(self, number, column_type, row):
        validity, offsets, data, _ = struct.unpack("<IIII", memory(self.data + 16 * number, 16))
        if validity and not memory(self.data + validity + row // 8, 1)[0] >> (row % 8) & 1:
            return "NULL"
        kind = int(column_type["kind"])
        if kind == 1:
            bit = memory(self.data + data + row // 8, 1)[0] >> (row % 8) & 1
            return "true" if bit else "false"
        if kind in (13, 14, 15):
            begin, end = struct.unpack("<II", memory(self.data + offsets + 4 * row, 8))
            words = {13: text_words, 14: json_words, 15: bytes_words}[kind]
            return words(*begin_of(self.data + data + begin, end - begin))
        if kind == 16:
            return uuid_words(memory(self.data + data + 16 * row, 16))
        if kind == 17:
            return self.array(column_type, data, row)
        form = KINDS[kind][1]
        width = struct.calcsize(form)
        return number_words(form, memory(self.data + data + width * row, width))

    def array(self, column_type, data, row):
        form, count = KINDS[int(column_type["element"])][1], int(column_type["count"])
        width = struct.calcsize(form)
        shown = min(count, BYTES_SHOWN // width)
        at = self.data + data + width * count * row
        words = [number_words(form, memory(at + width * number, width)) for number in range(shown)]
        if shown < count:
            words.append(f"… and {count - shown:,} more")
        return "[" + ", ".join(words) + "]"


class BlockPrinter(Words):
    def words(self):
        return f"{int(self.value['bytes_']):,} bytes at {int(self.value['data_']):#x}"


class CategoryPrinter(Words):
    def words(self):
        level = int(self.value["durability"])
        return f"category {string_of(self.value['name'])}: {LEVELS.get(level, 'unknown level')}" + \
            (f", at most {int(self.value['interval_ms'])} ms lost" if level == 1 else "")


class ChangeSetPrinter(Words):
    def words(self):
        tick = optional_of(self.value["tick"])
        batches = size_of(self.value["batches"]) + size_of(self.value["ephemeral"])
        return f"LSN {int(self.value['lsn'])}" + ("" if tick is None else f", tick {int(tick)}") + \
            f": {batches:,} batch{'' if batches == 1 else 'es'}"

    def children(self):
        for member in ("batches", "ephemeral", "definitions"):
            for number, element in enumerate(elements_of(self.value[member])):
                yield f"{member}[{number}]", element


class TokenPrinter(Words):
    def words(self):
        token = self.value
        lsn, level = int(token["lsn_"]), int(token["level_"])
        if lsn == 0:
            return "of nothing: done"
        tick = optional_of(token["tick_"])
        return f"LSN {lsn}" + ("" if tick is None else f", tick {int(tick)}") + \
            f", level {LEVELS.get(level, 'unknown level')}" + self.state(lsn, level)

    def state(self, lsn, level):
        """Where the program has the library's own debug information."""
        if level < 2:
            return ": done"
        progress = pointer_in(self.value["progress_"])
        try:
            progress = progress.dereference()
            reached = int(progress["durable_" if level == 2 else "stored_"]["_M_i"])
            failed = bool(progress["failed_"]["_M_base"]["_M_i"])
        except gdb.error:
            return ""
        return ": done" if reached >= lsn else ": unknown" if failed else ": under way"


class HealthPrinter(Words):
    def words(self):
        health = self.value
        lsns = {name: int(health[name + "_lsn"])
                for name in ("accepted", "durable", "stored", "safe")}
        return ("read-only" if bool(health["read_only"]) else "open") + \
            f", trouble {status_words(health['trouble'])}; LSN " + \
            ", ".join(f"{lsn} {name}" for name, lsn in lsns.items())

    def children(self):
        for field in fields_of(self.value):
            held = self.value[field]
            names = [inner.name for inner in fields_of(held)] \
                if held.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT else []
            if "_M_dataplus" in names:
                yield field.name, text_words(*begin_of(*place_of(held)))
            elif held.type.strip_typedefs().name.startswith("std::optional<"):
                inner = optional_of(held)
                yield field.name, "none" if inner is None else inner
            else:
                yield field.name, held


TROUBLES = (gdb.error, gdb.MemoryError, KeyError, ValueError, TypeError, OverflowError, struct.error)


def careful(printer):
    """The printer, or gdb's own way where memory is torn or a library lays things out otherwise."""

    class Careful(printer):
        def to_string(self):
            try:
                return self.words()
            except TROUBLES as trouble:
                return f"<{printer.__name__}: {trouble}>"

    if hasattr(printer, "children"):
        def children(self):
            try:
                yield from printer.children(self)
            except TROUBLES as trouble:
                yield "trouble", str(trouble)
        Careful.children = children
    return Careful


PRINTERS = {
    "Status": StatusPrinter, "Result<.*>": ResultPrinter, "Entity": EntityPrinter,
    "Uuid": UuidPrinter, "Json": JsonPrinter, "Value": ValuePrinter, "Cell": CellPrinter,
    "ColumnType": ColumnTypePrinter, "Column": ColumnPrinter, "TableDefinition": TablePrinter,
    "Batch": BatchPrinter, "Block": BlockPrinter, "Category": CategoryPrinter,
    "ChangeSet": ChangeSetPrinter, "Token": TokenPrinter, "Health": HealthPrinter,
}


def register(objfile):
    printers = gdb.printing.RegexpCollectionPrettyPrinter("perdure")
    for name, printer in PRINTERS.items():
        printers.add_printer(name, f"^perdure::{name}$", careful(printer))
    gdb.printing.register_pretty_printer(objfile, printers, replace=True)


register(gdb.current_objfile())
