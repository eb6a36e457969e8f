"""Writes the joint encoder as ONNX, opset 17, no contrib operators; linear layers of the encoder int8 per column, limited to +-64, activations
quantised as they come (docs/decisions/0002).

python3 joint_export.py --weights joint.pt --out joint.onnx

Inputs `a` [n, 384] and `b` [m, 384], the states after the bundled embedder's third layer; output `logit` [1].
"""

import argparse

import numpy as np
import onnx
import torch
from joint_model import HEAD, HEADS, WIDTH, Joint
from onnx import TensorProto, helper, numpy_helper

WEIGHT_MAX = 64


class Graph:
    def __init__(self):
        self.nodes, self.tensors = [], {}

    def constant(self, name: str, value) -> str:
        self.tensors.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def floats(self, name: str, value) -> str:
        return self.constant(name, np.asarray(value, dtype=np.float32))

    def integers(self, *values: int) -> str:
        return self.constant(f"i{'_'.join(map(str, values))}", np.array(values, dtype=np.int64))

    def node(self, operator: str, *inputs: str, outputs=1, **attributes):
        at = len(self.nodes)
        names = [f"{operator}{at}" + (f"_{i}" if outputs > 1 else "") for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, name=f"{operator}{at}", **attributes))
        return names if outputs > 1 else names[0]

    def quantised(self, x: str):
        return self.node("DynamicQuantizeLinear", x, outputs=3)

    def linear8(self, name: str, quantised, weight: np.ndarray, bias: np.ndarray) -> str:
        """weight: [out, in]."""
        q, scale, zero = quantised
        columns = np.maximum(np.abs(weight).max(1), 1e-9) / WEIGHT_MAX
        stored = np.rint(weight / columns[:, None]).astype(np.int8).T
        product = self.node("MatMulInteger", q, self.constant(f"{name}.weight", stored), zero)
        scales = self.node("Mul", scale, self.floats(f"{name}.scale", columns))
        product = self.node("Mul", self.node("Cast", product, to=TensorProto.FLOAT), scales)
        return self.node("Add", product, self.floats(f"{name}.bias", bias))

    def linear(self, name: str, x: str, part) -> str:
        y = self.node("MatMul", x, self.floats(f"{name}.weight", part.weight.detach().numpy().T))
        return y if part.bias is None else self.node("Add", y, self.floats(f"{name}.bias", part.bias.detach().numpy()))

    def norm(self, name: str, x: str, part) -> str:
        return self.node(
            "LayerNormalization", x, self.floats(f"{name}.weight", part.weight.detach().numpy()),
            self.floats(f"{name}.bias", part.bias.detach().numpy()), axis=-1, epsilon=1e-12,
        )

    def gelu(self, x: str) -> str:
        erf = self.node("Erf", self.node("Mul", x, self.floats("half_root", 0.5**0.5)))
        return self.node("Mul", self.node("Mul", x, self.node("Add", erf, self.floats("one", 1))), self.floats("half", 0.5))

    def unit(self, x: str) -> str:
        length = self.node("ReduceL2", x, axes=[-1], keepdims=1)
        return self.node("Div", x, self.node("Max", length, self.floats("tiny", 1e-12)))


def layer(g: Graph, name: str, part, x: str, cross: str) -> str:
    weight, bias = ([getattr(getattr(part, f), w).detach().numpy() for f in ("query", "key", "value")] for w in ("weight", "bias"))
    together = g.linear8(f"{name}.qkv", g.quantised(x), np.concatenate(weight), np.concatenate(bias))
    heads = g.node("Reshape", together, g.integers(-1, 3, HEADS, HEAD))
    q, k, v = (
        g.node("Squeeze", y, g.integers(0)) for y in g.node("Split", g.node("Transpose", heads, perm=[1, 2, 0, 3]), outputs=3, axis=0)
    )
    q = g.node("Mul", q, g.floats("scale", HEAD**-0.5))
    marked = g.node("MatMul", q, g.floats(f"{name}.cross_key", part.cross_key.detach().numpy()[:, :, None]))
    marked = g.node("Add", marked, g.floats(f"{name}.cross_bias", part.cross_bias.detach().numpy()[:, None, None]))
    logits = g.node("Add", g.node("MatMul", q, g.node("Transpose", k, perm=[0, 2, 1])), g.node("Mul", cross, marked))
    attention = g.node("Softmax", logits, axis=-1)
    share = g.node("ReduceSum", g.node("Mul", attention, cross), g.integers(-1), keepdims=1)
    other = g.node("Mul", share, g.floats(f"{name}.cross_value", part.cross_value.detach().numpy()[:, None]))
    context = g.node("Transpose", g.node("Add", g.node("MatMul", attention, v), other), perm=[1, 0, 2])
    context = g.quantised(g.node("Reshape", context, g.integers(-1, WIDTH)))
    attended = g.linear8(f"{name}.output", context, part.output.weight.detach().numpy(), part.output.bias.detach().numpy())
    x = g.norm(f"{name}.norm1", g.node("Add", x, attended), part.norm1)
    inner = g.gelu(g.linear8(f"{name}.inner", g.quantised(x), part.inner.weight.detach().numpy(), part.inner.bias.detach().numpy()))
    outer = g.linear8(f"{name}.outer", g.quantised(inner), part.outer.weight.detach().numpy(), part.outer.bias.detach().numpy())
    return g.norm(f"{name}.norm2", g.node("Add", x, outer), part.norm2)


def compared(g: Graph, model: Joint, x: str, cross: str) -> str:
    own = g.unit(g.linear("project", x, model.project))
    alike = g.node("Mul", g.node("MatMul", own, g.node("Transpose", own, perm=[1, 0])), g.floats("sharpness", float(model.sharpness)))
    own_text = g.node("Mul", g.node("Sub", g.floats("one", 1), cross), g.floats("out", -1e4))
    other = g.node("MatMul", g.node("Softmax", g.node("Add", alike, own_text), axis=-1), own)
    both = g.node("Concat", g.node("Mul", own, other), g.node("Abs", g.node("Sub", own, other)), axis=-1)
    return g.node("Relu", g.linear("compare", g.node("Mul", both, g.floats("eight", 8)), model.compare))


def head(g: Graph, model: Joint, x: str, cross: str, lengths: tuple[str, str]) -> str:
    parts = g.node("Split", x, g.node("Concat", *lengths, axis=0), outputs=2, axis=0)
    u, v = (g.node("ReduceMean", part, axes=[0], keepdims=1) for part in parts)
    apart = g.node("Concat", g.node("Abs", g.node("Sub", u, v)), g.node("Mul", u, v), axis=-1)
    means = g.node("Relu", g.linear("means", g.node("Mul", apart, g.floats("three", 3)), model.means))
    tokens = compared(g, model, x, cross)
    pooled = g.node("Concat", means, *(g.node(f"Reduce{how}", tokens, axes=[0], keepdims=1) for how in ("Mean", "Max")), axis=-1)
    cosine = g.node("ReduceSum", g.node("Mul", g.unit(u), g.unit(v)), g.integers(-1), keepdims=1)
    cosine = g.node("Add", g.node("Mul", cosine, g.floats("cosine_scale", float(model.scale))), g.floats("cosine_bias", float(model.bias)))
    return g.node("Add", cosine, g.linear("last", pooled, model.last))


def export(model: Joint) -> onnx.ModelProto:
    g = Graph()
    zeros, ones = (helper.make_tensor("", TensorProto.FLOAT, [1], [value]) for value in (0.0, 1.0))
    lengths = tuple(g.node("Slice", g.node("Shape", name), g.integers(0), g.integers(1)) for name in "ab")
    text = g.node("Concat", *(g.node("ConstantOfShape", n, value=v) for n, v in zip(lengths, (zeros, ones))), axis=0)
    cross = g.node("Abs", g.node("Sub", g.node("Unsqueeze", text, g.integers(0)), g.node("Unsqueeze", text, g.integers(1))))
    x = g.node("Concat", "a", "b", axis=0)
    for i, part in enumerate(model.layers):
        x = layer(g, f"layer{i}", part, x, cross)
    g.nodes.append(helper.make_node("Reshape", [head(g, model, x, cross, lengths), g.integers(1)], ["logit"], name="logit"))
    states = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [size, WIDTH]) for name, size in (("a", "n"), ("b", "m"))]
    logit = helper.make_tensor_value_info("logit", TensorProto.FLOAT, [1])
    graph = helper.make_graph(g.nodes, "joint", states, [logit], list(g.tensors.values()))
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="nearhit")
    made.ir_version = 8
    onnx.checker.check_model(made)
    return made


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    model = Joint()
    model.load_state_dict(torch.load(args.weights))
    onnx.save(export(model.eval()), args.out)


if __name__ == "__main__":
    main()
