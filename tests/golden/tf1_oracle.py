"""TensorFlow 1 checkpoints as tensorflow/core/util/tensor_bundle writes them, in plain Python: an index that is a sorted
table of LevelDB, and data files beside it."""
import struct

import numpy as np

TYPES = {"float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int64": 9, "float16": 19}


def masked_crc(data):
    table = []
    for i in range(256):
        for _ in range(8):
            i = i >> 1 ^ (0x82F63B78 if i & 1 else 0)
        table.append(i)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value) if value else b""


def block(rows, restart_every=16):
    out, restarts, last = b"", [], b""
    for i, (key, value) in enumerate(rows):
        shared = 0
        if i % restart_every == 0:
            restarts.append(len(out))
        else:
            while shared < min(len(key), len(last)) and key[shared] == last[shared]:
                shared += 1
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    return out + b"".join(struct.pack("<I", r) for r in restarts) + struct.pack("<I", len(restarts))


class Table:
    def __init__(self):
        self.bytes = b""

    def add(self, contents):
        handle = varint(len(self.bytes)) + varint(len(contents))
        self.bytes += contents + b"\0" + struct.pack("<I", masked_crc(contents + b"\0"))
        return handle


def write_tf1_checkpoint(prefix, variables, shards=1, rows_per_block=7):
    data = [b""] * shards
    rows = [(b"", field(1, shards) + field(3, field(1, 1)))]
    for i, (name, value) in enumerate(sorted(variables.items())):
        value = np.asarray(value)
        shape = b"".join(field(2, field(1, size)) for size in value.shape)
        raw, shard = value.tobytes(), i % shards
        entry = field(1, TYPES[str(value.dtype)]) + field(2, shape) + field(3, shard) + field(4, len(data[shard]))
        entry += field(5, len(raw)) + varint(6 << 3 | 5) + struct.pack("<I", masked_crc(raw))
        data[shard] += raw
        rows.append((name.encode(), entry))
    table, index = Table(), []
    for begin in range(0, len(rows), rows_per_block):
        part = rows[begin : begin + rows_per_block]
        index.append((part[-1][0], table.add(block(part))))
    meta = table.add(block([]))
    handles = meta + table.add(block(index, restart_every=1))
    table.bytes += handles + bytes(40 - len(handles)) + struct.pack("<Q", 0xDB4775248B80FB57)
    with open(f"{prefix}.index", "wb") as file:
        file.write(table.bytes)
    for i, part in enumerate(data):
        with open(f"{prefix}.data-{i:05d}-of-{shards:05d}", "wb") as file:
            file.write(part)
