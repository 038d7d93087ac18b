"""PP-OCR's recogniser in PyTorch: walks the nodes of its ONNX file, with the file's weights as parameters."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import Tensor

_Node = Any  # onnx.NodeProto
_Attribute = Any  # of a node: numbers, lists of them, bytes
_HEAD = ("linear_8.w_0", "linear_8.b_0")  # of the file: 120 x 18,710 and its bias


class Network:
    """Takes lines x 3 x 48 x width, -1 to 1, and gives the logits of the chosen columns for each step."""

    def __init__(self, path: Path, columns: Sequence[int]) -> None:
        graph = onnx.load(path).graph
        known = {tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy()) for tensor in graph.initializer}
        for name in _HEAD:
            known[name] = known[name][..., list(columns)].clone()
        trained = {name for name, weight in known.items() if weight.is_floating_point() and weight.numel() > 1}
        means = {name for node in graph.node if node.op_type == "BatchNormalization" for name in node.input[3:]}
        moving = sorted(trained - means - set(_HEAD))
        self.weights: dict[str, Tensor] = {name: _parameter(known.pop(name)) for name in moving}
        self._constants = known
        self._input, self._nodes = graph.input[0].name, _fused(list(graph.node), trained)
        assert self._nodes[-1].op_type == "Softmax"
        self._output = self._nodes.pop().input[0]

    def take(self, weights: Mapping[str, Tensor], share: float) -> None:
        """Go on from `share` of the way to weights by the file's names."""
        with torch.no_grad():
            for name, weight in self.weights.items():
                weight.lerp_(weights[name], share)

    def __call__(self, lines: Tensor) -> Tensor:
        """Run the nodes in the file's order."""
        values: dict[str, Any] = self.weights | self._constants | {self._input: lines}
        for node in self._nodes:
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            values[node.output[0]] = _RUN[node.op_type](*(values[name] for name in node.input), **attributes)
        return values[self._output]


def _parameter(weight: Tensor) -> Tensor:
    if weight.ndim == 4:
        weight = weight.contiguous(memory_format=torch.channels_last)
    return weight.requires_grad_()


def _fused(nodes: list[Any], weights: set[str]) -> list[Any]:
    """Without the file's Identity nodes, with biases in the convolutions and GELU in one: half of the time."""
    alias = {node.output[0]: node.input[0] for node in nodes if node.op_type == "Identity"}

    def origin(name: str) -> str:
        while name in alias:
            name = alias[name]
        return name

    kept = [node for node in nodes if node.op_type not in {"Identity", "Constant"}]
    for node in kept:
        inputs = [origin(name) for name in node.input]
        del node.input[:]
        node.input.extend(inputs)
    return _with_gelu(_with_bias(kept, weights))


def _with_bias(nodes: list[Any], weights: set[str]) -> list[Any]:
    """A convolution and the addition of a weight behind it become one node."""
    fused: list[Any] = []
    for node in nodes:
        before = fused[-1] if fused else None
        if before and before.op_type == "Conv" and list(node.input[:1]) == list(before.output) and _adds(node, weights):
            before.input.append(node.input[1])
            before.output[0] = node.output[0]
        else:
            fused.append(node)
    return fused


def _adds(node: _Node, weights: set[str]) -> bool:
    return node.op_type == "Add" and node.input[1] in weights


def _with_gelu(nodes: list[Any]) -> list[Any]:
    """Div, Erf, Add, Mul, Mul become one node."""
    fused: list[Any] = []
    rest = iter(range(len(nodes)))
    for at in rest:
        if [node.op_type for node in nodes[at : at + 5]] == ["Div", "Erf", "Add", "Mul", "Mul"]:
            fused.append(onnx.helper.make_node("Gelu", [nodes[at].input[0]], [nodes[at + 4].output[0]]))
            for _ in range(4):
                next(rest)
        else:
            fused.append(nodes[at])
    return fused


def _conv(x: Tensor, weight: Tensor, bias: Tensor | None = None, **how: _Attribute) -> Tensor:
    if how.get("auto_pad") == b"SAME_UPPER":  # of this file: 2 x 2 at stride 1
        x = F.pad(x, (0, 1, 0, 1))
    top, left = how.get("pads", [0, 0, 0, 0])[:2]
    flat = None if bias is None else bias.flatten()
    return F.conv2d(x, weight, flat, how["strides"], (top, left), how["dilations"], how["group"])


def _max_pool(x: Tensor, **how: _Attribute) -> Tensor:
    padded = F.pad(x, (0, 1, 0, 1))  # behind a ReLU: nothing is below 0
    return F.max_pool2d(padded, how["kernel_shape"], how["strides"])


def _normalise(x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, **how: _Attribute) -> Tensor:
    return F.batch_norm(x, mean, variance, scale, bias, training=False, eps=how["epsilon"])


def _slice(x: Tensor, starts: Tensor, ends: Tensor, axes: Tensor, *_: Tensor) -> Tensor:
    axis, start = int(axes[0]), int(starts[0])
    return x.narrow(axis, start, min(int(ends[0]), x.shape[axis]) - start)


def _reshape(x: Tensor, shape: Tensor) -> Tensor:
    return x.reshape([x.shape[i] if side == 0 else int(side) for i, side in enumerate(shape)])


def _unsqueeze(x: Tensor, axes: list[int]) -> Tensor:
    return x.unsqueeze(axes[0])


_RUN: dict[str, Callable[..., Any]] = {
    "Add": torch.add,
    "AveragePool": lambda x, **how: F.avg_pool2d(x, how["kernel_shape"], how["strides"]),
    "BatchNormalization": _normalise,
    "Concat": lambda *parts, axis: torch.cat(parts, axis),
    "Conv": _conv,
    "Div": torch.div,
    "Gelu": F.gelu,
    "HardSigmoid": lambda x, alpha, beta: torch.clamp(alpha * x + beta, 0, 1),
    "MatMul": torch.matmul,
    "MaxPool": _max_pool,
    "Mul": torch.mul,
    "Pow": torch.pow,
    "ReduceMean": lambda x, axes, keepdims=1: x.mean(axes, keepdim=bool(keepdims)),
    "Relu": torch.relu,
    "Reshape": _reshape,
    "Shape": lambda x: torch.tensor(x.shape),
    "Sigmoid": torch.sigmoid,
    "Slice": _slice,
    "Softmax": lambda x, axis: torch.softmax(x, axis),
    "Sqrt": torch.sqrt,
    "Squeeze": lambda x, axes: x.squeeze(axes[0]),
    "Sub": torch.sub,
    "Transpose": lambda x, perm: x.permute(perm),
    "Unsqueeze": _unsqueeze,
}
