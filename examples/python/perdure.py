"""Perdure from Python, by ctypes alone: what include/perdure/c.h says, as far as the example needs it.

    library = perdure.Library("libperdure.so")
    schema = library.schema()
    schema.table("walkers", [("id", perdure.U64, perdure.KEY), ("x", perdure.F64, 0)])
    with library.open("shard7", schema) as world:
        world.tick.put("walkers", {"id": array("Q", [1, 2]), "x": array("d", [0.5, 1.5])})
        world.commit(wait=True)
        with world.snapshot() as snapshot:
            for page in snapshot.scan("walkers"):
                print(list(page["x"]))

Columns of numbers are array.array, or whatever else has a buffer of one item per row; text and bytes are
lists. What a page gives out for numbers is a view of the library's own memory: it ends with the page.
"""

import ctypes
from ctypes import POINTER, byref, c_char, c_char_p, c_int32, c_uint16, c_uint32, c_uint64, c_void_p

ABI = 1
_, I8, I16, I32, I64, U8, U16, U32, U64, ID, F32, F64, TEXT, JSON, BYTES = range(1, 16)
KEY = 1
NOT_FOUND, CONFLICT, BUSY = 2, 3, 4
FORMATS = {I8: "b", I16: "h", I32: "i", I64: "q", U8: "B", U16: "H", U32: "I", U64: "Q", ID: "Q", F32: "f",
           F64: "d"}
VARIABLE = (TEXT, JSON, BYTES)


class Error(ctypes.Structure):
    _fields_ = [("code", c_int32), ("message_bytes", c_uint32), ("message", c_char * 1016)]


class Type(ctypes.Structure):
    _fields_ = [("kind", c_uint16), ("element", c_uint16), ("count", c_uint32)]


class Column(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("type", Type), ("flags", c_uint32), ("number", c_uint32),
                ("default_value", c_void_p), ("default_bytes", c_uint64)]


class Table(ctypes.Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("name", c_char_p), ("category", c_char_p),
                ("columns", POINTER(Column)), ("column_count", c_uint64)]


class CommitOptions(ctypes.Structure):
    _fields_ = [("size", c_uint32), ("level", c_int32), ("wait", c_uint32), ("reserved", c_uint32),
                ("tick", c_uint64)]


class Cells(ctypes.Structure):
    _fields_ = [("column", c_char_p), ("type", Type), ("data", c_void_p), ("offsets", POINTER(c_uint32)),
                ("validity", c_void_p)]


class Scan(ctypes.Structure):
    _fields_ = [("size", c_uint32), ("limit", c_uint32), ("from_key", POINTER(Cells)), ("from_count", c_uint64),
                ("until_key", POINTER(Cells)), ("until_count", c_uint64), ("after", c_void_p)]


# Every function that is called: what it takes besides the error at its end, which all with a code have.
CODED = {
    "schema_table": [c_void_p, POINTER(Table)],
    "world_open": [c_char_p, c_void_p, c_void_p, POINTER(c_void_p)],
    "world_close": [c_void_p],
    "world_commit": [c_void_p, POINTER(CommitOptions), c_void_p],
    "world_snapshot": [c_void_p, c_uint32, POINTER(c_void_p)],
    "transaction_put": [c_void_p, c_char_p, POINTER(Cells), c_uint64, c_uint64, c_void_p],
    "snapshot_scan": [c_void_p, c_char_p, POINTER(Scan), POINTER(c_void_p)],
    "batch_column": [c_void_p, c_uint64, POINTER(Cells)],
}
PLAIN = {
    "c_abi": (c_uint32, []),
    "version": (c_char_p, []),
    "schema_create": (c_void_p, []),
    "schema_free": (None, [c_void_p]),
    "world_tick": (c_void_p, [c_void_p]),
    "world_next_tick": (c_uint64, [c_void_p]),
    "snapshot_free": (None, [c_void_p]),
    "batch_free": (None, [c_void_p]),
    "batch_rows": (c_uint64, [c_void_p]),
    "batch_columns": (c_uint64, [c_void_p]),
}


class PerdureError(Exception):
    def __init__(self, error):
        super().__init__(error.message.decode("utf-8", "replace"))
        self.code = error.code


class Library:
    def __init__(self, path):
        self._functions = ctypes.CDLL(path)
        for name, takes in CODED.items():
            function = getattr(self._functions, "perdure_" + name)
            function.restype, function.argtypes = c_int32, [*takes, POINTER(Error)]
        for name, (gives, takes) in PLAIN.items():
            function = getattr(self._functions, "perdure_" + name)
            function.restype, function.argtypes = gives, takes
        if self.plain("c_abi") != ABI:
            raise ImportError(f"{path} has the C ABI {self.plain('c_abi')}, not {ABI}")
        self.version = self.plain("version").decode()

    def call(self, name, *arguments):
        """A function with a code; raises what it says."""
        error = Error()
        if getattr(self._functions, "perdure_" + name)(*arguments, byref(error)) != 0:
            raise PerdureError(error)

    def plain(self, name, *arguments):
        return getattr(self._functions, "perdure_" + name)(*arguments)

    def schema(self):
        return Schema(self)

    def open(self, directory, schema):
        return World(self, directory, schema)


class Schema:
    def __init__(self, library):
        self._library, self.tables = library, {}
        self.handle = library.plain("schema_create")

    def __del__(self):
        self._library.plain("schema_free", self.handle)

    def table(self, name, columns, append_only=False):
        """Columns: (name, kind, flags)."""
        declared = (Column * len(columns))(
            *(Column(column.encode(), Type(kind, 0, 0), flags) for column, kind, flags in columns))
        self._library.call("schema_table", self.handle, byref(Table(
            ctypes.sizeof(Table), int(append_only), name.encode(), None, declared, len(columns))))
        self.tables[name] = {column: kind for column, kind, _ in columns}


class World:
    def __init__(self, library, directory, schema):
        self.library, self.tables, self.handle = library, dict(schema.tables), c_void_p()
        library.call("world_open", str(directory).encode(), schema.handle, None, byref(self.handle))
        self.tick = Transaction(self, library.plain("world_tick", self.handle))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.library.call("world_close", self.handle)

    @property
    def next_tick(self):
        return self.library.plain("world_next_tick", self.handle)

    def commit(self, wait=False):
        options = CommitOptions(ctypes.sizeof(CommitOptions), 0, int(wait), 0, 0)
        self.library.call("world_commit", self.handle, byref(options), None)

    def snapshot(self):
        return Snapshot(self)


class Transaction:
    def __init__(self, world, handle):
        self._world, self._handle = world, handle

    def put(self, table, columns):
        """Columns: {name: what each row has there}, all of one length."""
        kinds = self._world.tables[table]
        given = [cells_of(name, kinds[name], values) for name, values in columns.items()]
        rows = {count for _, count, _ in given}
        if len(rows) != 1:
            raise ValueError(f"columns of {sorted(rows)} rows")
        cells = (Cells * len(given))(*(one for one, _, _ in given))
        self._world.library.call("transaction_put", self._handle, table.encode(), cells, len(given), rows.pop(),
                                 None)


def cells_of(name, kind, values):
    """(Cells, rows, what must stay alive while they are used)."""
    if kind in VARIABLE:
        encoded = [value if isinstance(value, bytes) else value.encode() for value in values]
        offsets = (c_uint32 * (len(encoded) + 1))()
        for row, cell in enumerate(encoded):
            offsets[row + 1] = offsets[row] + len(cell)
        data = ctypes.create_string_buffer(b"".join(encoded))
        cells = Cells(name.encode(), Type(kind, 0, 0), ctypes.addressof(data), offsets, None)
        return cells, len(encoded), (data, offsets)
    view = memoryview(values)
    wanted = FORMATS[kind]
    same = view.itemsize == memoryview(bytes(8)).cast(wanted).itemsize and sort_of(view.format) == sort_of(wanted)
    if not same or not view.contiguous:
        raise TypeError(f"column {name} wants items of format {FORMATS[kind]}, not {view.format}")
    data = (c_char * view.nbytes).from_buffer(values)  # no copy
    return Cells(name.encode(), Type(kind, 0, 0), ctypes.addressof(data), None, None), len(view), data


def sort_of(form):
    """Of a memoryview's items: signed, unsigned or floating; None for anything else."""
    return next((sort for sort in ("bhilq", "BHILQ", "fd") if form in sort), None)


class Snapshot:
    def __init__(self, world):
        self._world, self._handle = world, c_void_p()
        world.library.call("world_snapshot", world.handle, 0, byref(self._handle))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._world.library.plain("snapshot_free", self._handle)

    def scan(self, table, page_rows=0):
        """Pages of the whole table, in order of the key. Each ends when the next one is asked for."""
        before = None
        try:
            while True:
                after = None if before is None else before.handle
                asked = Scan(ctypes.sizeof(Scan), page_rows, None, 0, None, 0, after)
                handle = c_void_p()
                self._world.library.call("snapshot_scan", self._handle, table.encode(), byref(asked), byref(handle))
                last, before = before, Page(self._world.library, handle)
                if last is not None:
                    last.free()
                if len(before) == 0:
                    return
                yield before
        finally:
            if before is not None:
                before.free()


class Page:
    def __init__(self, library, handle):
        self._library, self.handle = library, handle
        self._rows = library.plain("batch_rows", handle)
        self._cells = {}
        for index in range(library.plain("batch_columns", handle)):
            cells = Cells()
            library.call("batch_column", handle, index, byref(cells))
            self._cells[cells.column.decode()] = cells

    def free(self):
        handle, self.handle = self.handle, None
        self._library.plain("batch_free", handle)

    def __len__(self):
        return self._rows

    def __getitem__(self, column):
        cells = self._cells[column]
        kind, rows = cells.type.kind, self._rows
        if kind in VARIABLE:
            raw = [ctypes.string_at((cells.data or 0) + cells.offsets[row],
                                    cells.offsets[row + 1] - cells.offsets[row]) for row in range(rows)]
            return raw if kind == BYTES else [cell.decode() for cell in raw]
        form = FORMATS[kind]
        size = memoryview(bytes(8)).cast(form).itemsize
        return memoryview((c_char * (size * rows)).from_address(cells.data)).cast("B").cast(form)
