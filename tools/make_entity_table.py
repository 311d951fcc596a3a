#!/usr/bin/env python3
"""Writes lmkor/text/entity_table.inc: the named character references of HTML, out of Python's html.entities.html5.

One row a name, sorted by bytes: {"amp", "&", true}; the last member tells whether HTML also takes the name without
its semicolon.
"""
import html.entities
import pathlib

TARGET = pathlib.Path(__file__).resolve().parent.parent / "lmkor" / "text" / "entity_table.inc"
HEAD = "// Made by tools/make_entity_table.py from Python's html.entities.html5; do not edit. {name, value, bare}\n"


def quoted(text):
    return '"' + "".join(f"\\{byte:03o}" if byte < 0x20 or byte > 0x7E or chr(byte) in '"\\?' else chr(byte)
                         for byte in text.encode()) + '"'


def table():
    names = html.entities.html5
    rows = []
    for name in sorted({name.rstrip(";") for name in names}, key=str.encode):
        rows.append(f'{{"{name}", {quoted(names[name + ";"])}, {"true" if name in names else "false"}}},')
    lines = [""]
    for row in rows:
        if len(lines[-1]) + len(row) + 1 > 120:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + row
    return HEAD + "// clang-format off\n" + "\n".join(lines) + "\n// clang-format on\n"


if __name__ == "__main__":
    TARGET.write_text(table(), encoding="utf-8")
