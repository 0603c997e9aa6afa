"""Which shared libraries an ELF file asks for, read from its dynamic section (no binutils needed)."""

import struct
from pathlib import Path

_PT_LOAD, _PT_DYNAMIC = 1, 2
_DT_NULL, _DT_NEEDED, _DT_STRTAB = 0, 1, 5


def needed(file: Path) -> list[str]:
    """The names of the libraries that `file` needs (DT_NEEDED); none for a file that is no 64-bit little-endian ELF."""
    data = file.read_bytes()
    if data[:6] != b"\x7fELF\x02\x01":
        return []
    header_at, header_size, headers = *struct.unpack_from("<Q", data, 32), *struct.unpack_from("<HH", data, 54)
    loads: list[tuple[int, int, int]] = []
    dynamic = (0, 0)
    for n in range(headers):
        kind, _, offset, address, _, size = struct.unpack_from("<IIQQQQ", data, header_at + n * header_size)
        if kind == _PT_LOAD:
            loads.append((address, size, offset))
        elif kind == _PT_DYNAMIC:
            dynamic = (offset, size)
    names: list[int] = []
    strings = 0
    for at in range(dynamic[0], dynamic[0] + dynamic[1], 16):
        tag, value = struct.unpack_from("<qQ", data, at)
        if tag == _DT_NULL:
            break
        if tag == _DT_NEEDED:
            names.append(value)
        elif tag == _DT_STRTAB:
            strings = next((value - a + o for a, size, o in loads if a <= value < a + size), 0)
    return [data[strings + n : data.index(b"\0", strings + n)].decode("ascii", "replace") for n in names]
