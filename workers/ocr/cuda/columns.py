"""Ends the recogniser's network with a choice of columns, so that the rest never leaves the GPU.

PP-OCR's recogniser gives 18,710 probabilities a step, 200 MB for a page; a document in Latin script needs 3 % of them.
"""

from collections.abc import Sequence

import numpy as np

#: What the network's output is called behind the choice.
CHOSEN = "ocrfleet_chosen"
_COLUMNS = "ocrfleet_columns"
_LENGTH_DELIMITED, _VARINT = 2, 0
_FLOAT, _INT64 = 1, 7  # TensorProto.DataType
_INT = 2  # AttributeProto.AttributeType


def choose_columns(network: bytes, output: str, columns: Sequence[int]) -> bytes:
    """Append `Gather(output, columns, axis=2)` to an ONNX file, as a further output named CHOSEN.

    It is a message of protocol buffers: parts of it that are written behind one another are merged when it is read
    (protobuf.dev, "Last One Wins": embedded messages merge, repeated fields are appended to). So the file is not
    parsed, and no package that could (18 MB) is needed. Field numbers are those of onnx.proto.
    """
    axis = _text(1, "axis") + _number(3, 2) + _number(20, _INT)
    node = _text(1, output) + _text(1, _COLUMNS) + _text(2, CHOSEN) + _text(4, "Gather") + _bytes(5, axis)
    data = np.array(columns, "<i8").tobytes()
    tensor = _number(1, len(columns)) + _number(2, _INT64) + _text(8, _COLUMNS) + _bytes(9, data)
    kind = _bytes(2, _bytes(1, _number(1, _FLOAT)))
    graph = _bytes(1, node) + _bytes(5, tensor) + _bytes(12, _text(1, CHOSEN) + kind)
    return network + _bytes(7, graph)


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | _LENGTH_DELIMITED) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())
