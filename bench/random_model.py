"""Makes a model of random weights, for timings where none can be had: `python -m bench.random_model FILE [--shape S]`.

What it writes is noise, but a decode takes as long as with the real one's weights. Vocabulary and tokenizer are those
of another GGUF (--vocabulary; llama.cpp's sources have models/ggml-vocab-qwen2.gguf), or of the packaged small model,
filled up with unused tokens to the size of the shape's own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, LlamaFileType, TokenType
from numpy.typing import NDArray

from samples.stack import packaged_model

#: Q8_0: blocks of 32 weights, each with a scale of 16 bits before it.
BLOCK, BLOCK_BYTES = 32, 34
#: What gives weights a spread of about 0.02, as trained ones have: a scale of bytes, and a normal one's.
SCALE, SPREAD = np.float16(0.02 / 73), 0.02
EMBEDDING = "token_embd.weight"
#: Rows that are drawn for a block's matrix; the rest repeats them, since drawing took longer than all else.
DRAWN = 64


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides how long a decode takes."""

    blocks: int
    width: int
    feed_forward: int
    heads: int
    kv_heads: int
    vocabulary: int

    @property
    def kv_width(self) -> int:
        """Columns of keys and of values."""
        return self.width // self.heads * self.kv_heads


@dataclass(frozen=True, slots=True)
class Weights:
    """How weights are stored."""

    kind: GGMLQuantizationType
    file_type: LlamaFileType

    def bytes_of_row(self, columns: int) -> int:
        """Bytes of so many weights."""
        return columns // BLOCK * BLOCK_BYTES if self.kind == GGMLQuantizationType.Q8_0 else 2 * columns

    def noise(self, rows: int, columns: int, chance: np.random.Generator) -> NDArray[np.uint8]:
        """Draw rows of a matrix."""
        if self.kind != GGMLQuantizationType.Q8_0:
            return chance.normal(0, SPREAD, (rows, columns)).astype(np.float16).view(np.uint8)
        blocks = np.empty((rows, columns // BLOCK, BLOCK_BYTES), np.uint8)
        blocks[..., :2] = np.frombuffer(SCALE.tobytes(), np.uint8)
        blocks[..., 2:] = chance.integers(0, 256, (rows, columns // BLOCK, BLOCK), np.uint8)
        return blocks.reshape(rows, -1)


WEIGHTS = {
    "Q8_0": Weights(GGMLQuantizationType.Q8_0, LlamaFileType.MOSTLY_Q8_0),
    "F16": Weights(GGMLQuantizationType.F16, LlamaFileType.MOSTLY_F16),
}
SHAPES = {
    "qwen2.5-3b": Shape(36, 2048, 11008, 16, 2, 151_936),  # config.json of Qwen2.5-3B-Instruct; 3.3 GB
    "smollm2-135m": Shape(30, 576, 1536, 9, 3, 49_152),  # config.json of SmolLM2-135M-Instruct; 140 MB
    "tiny": Shape(2, 64, 128, 4, 2, 49_152),
}


def main(
    file: Annotated[Path, typer.Argument(help="GGUF file to write.")],
    shape: Annotated[str, typer.Option(help=", ".join(SHAPES))] = "qwen2.5-3b",
    vocabulary: Annotated[Path | None, typer.Option(help="GGUF file to take the tokenizer from.", exists=True)] = None,
    weights: Annotated[str, typer.Option(help=", ".join(WEIGHTS))] = "Q8_0",
) -> None:
    """Write a model of random weights."""
    for choice, choices in ((shape, SHAPES), (weights, WEIGHTS)):
        if choice not in choices:
            raise typer.BadParameter(f"no {choice}; there are: {', '.join(choices)}")
    write(file, SHAPES[shape], vocabulary or packaged_model(), WEIGHTS[weights])


def write(file: Path, shape: Shape, vocabulary: Path, weights: Weights) -> None:
    """Write it, a tensor at a time."""
    writer = GGUFWriter(file, "qwen2")
    _describe(writer, shape, weights)
    _copy_tokenizer(writer, GGUFReader(vocabulary), shape.vocabulary)
    matrices, vectors = dict(_matrices(shape)), dict(_vectors(shape))
    for name, (rows, columns) in matrices.items():
        bytes_shape = (rows, weights.bytes_of_row(columns))
        writer.add_tensor_info(name, bytes_shape, np.dtype(np.uint8), rows * bytes_shape[1], weights.kind)
    for name, length in vectors.items():
        writer.add_tensor_info(name, (length,), np.dtype(np.float32), 4 * length)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    chance = np.random.default_rng(0)
    for name, (rows, columns) in matrices.items():
        drawn = weights.noise(rows if name == EMBEDDING else DRAWN, columns, chance)  # two tokens are never alike
        writer.write_tensor_data(np.resize(drawn, (rows, drawn.shape[1])))
    for name, length in vectors.items():
        writer.write_tensor_data(np.full(length, 0.0 if name.endswith("bias") else 1.0, np.float32))
    writer.close()


def _describe(writer: GGUFWriter, shape: Shape, weights: Weights) -> None:
    writer.add_name("random weights")
    writer.add_block_count(shape.blocks)
    writer.add_context_length(32768)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e6)
    writer.add_file_type(weights.file_type)


def _copy_tokenizer(writer: GGUFWriter, source: GGUFReader, size: int) -> None:
    def values(key: str) -> Any:  # noqa: ANN401  # of any of GGUF's types
        return source.fields[f"tokenizer.{key}"].contents()

    tokens, types = values("ggml.tokens"), values("ggml.token_type")
    unused = range(len(tokens), size)
    writer.add_tokenizer_model(values("ggml.model"))
    writer.add_tokenizer_pre(values("ggml.pre"))
    writer.add_token_list([*tokens, *(f"[unused {number}]" for number in unused)])
    writer.add_token_types([*types, *(TokenType.UNUSED for _ in unused)])
    writer.add_token_merges(values("ggml.merges"))
    writer.add_bos_token_id(values("ggml.bos_token_id"))
    writer.add_eos_token_id(values("ggml.eos_token_id"))
    writer.add_add_bos_token(False)
    writer.add_chat_template(values("chat_template"))


def _matrices(shape: Shape) -> Iterator[tuple[str, tuple[int, int]]]:
    """Names, rows and columns; the output's weights are the embedding's."""
    yield EMBEDDING, (shape.vocabulary, shape.width)
    for block in range(shape.blocks):
        yield f"blk.{block}.attn_q.weight", (shape.width, shape.width)
        yield f"blk.{block}.attn_k.weight", (shape.kv_width, shape.width)
        yield f"blk.{block}.attn_v.weight", (shape.kv_width, shape.width)
        yield f"blk.{block}.attn_output.weight", (shape.width, shape.width)
        yield f"blk.{block}.ffn_gate.weight", (shape.feed_forward, shape.width)
        yield f"blk.{block}.ffn_up.weight", (shape.feed_forward, shape.width)
        yield f"blk.{block}.ffn_down.weight", (shape.width, shape.feed_forward)


def _vectors(shape: Shape) -> Iterator[tuple[str, int]]:
    yield "output_norm.weight", shape.width
    for block in range(shape.blocks):
        yield f"blk.{block}.attn_norm.weight", shape.width
        yield f"blk.{block}.ffn_norm.weight", shape.width
        yield f"blk.{block}.attn_q.bias", shape.width
        yield f"blk.{block}.attn_k.bias", shape.kv_width
        yield f"blk.{block}.attn_v.bias", shape.kv_width


if __name__ == "__main__":
    typer.run(main)
