"""The joint encoder: three layers over the token states of both questions at once, and a head that is the same with the two exchanged.

It begins as layers 4 to 6 of the bundled embedder, with so little attention from one text to the other that the cosine of
the two means is about what the embedder alone would say. What comes from the other text is marked by a learned key and value of its own.
"""

import math

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional as F

WIDTH, HEADS, INNER = 384, 12, 1536
HEAD = WIDTH // HEADS
LAYERS = (3, 4, 5)
# Attention logits from text to text begin here: e^-2 beside 1.
CROSS_BIAS = -2.0
COMPARED, POOLED = 128, 64


class Linear(nn.Linear):
    """In bfloat16: three times as fast on processors that know it, and as good here."""

    low = True

    def forward(self, x):
        if not Linear.low:
            return super().forward(x)
        return F.linear(x.bfloat16(), self.weight.bfloat16(), self.bias.bfloat16()).float()


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.output = (Linear(WIDTH, WIDTH) for _ in range(4))
        self.inner, self.outer = Linear(WIDTH, INNER), Linear(INNER, WIDTH)
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, eps=1e-12), nn.LayerNorm(WIDTH, eps=1e-12)
        self.cross_key = nn.Parameter(torch.zeros(HEADS, HEAD))
        self.cross_value = nn.Parameter(torch.zeros(HEADS, HEAD))
        self.cross_bias = nn.Parameter(torch.full((HEADS,), CROSS_BIAS))

    def forward(self, x, batch):
        q, k, v = (batch.padded(f(x)).transpose(1, 2) for f in (self.query, self.key, self.value))
        cross_key = (q * self.cross_key[:, None]).sum(-1, keepdim=True) / math.sqrt(HEAD) + self.cross_bias[:, None, None]
        weight = q @ k.transpose(2, 3) / math.sqrt(HEAD) + batch.cross * cross_key + batch.mask
        weight = weight.softmax(-1)
        context = weight @ v + (weight * batch.cross).sum(-1, keepdim=True) * self.cross_value[:, None]
        x = self.norm1(x + self.output(batch.flat(context.transpose(1, 2))))
        return self.norm2(x + self.outer(F.gelu(self.inner(x))))


class Batch:
    """states [all tokens, 384], pair after pair, a before b; lengths: (tokens of a, tokens of b) of each pair.

    Rows of zeros follow up to a multiple of ROUND: oneDNN compiles a kernel for each new shape, which costs more than running it.
    """

    ROUND = 256

    def __init__(self, states: np.ndarray, lengths: np.ndarray):
        self.tokens = len(states)
        self.states = F.pad(torch.from_numpy(states), (0, 0, 0, -len(states) % self.ROUND))
        pairs, total = len(lengths), lengths.sum(1)
        self.pairs, self.width = pairs, int(total.max())
        at = np.concatenate([row * self.width + np.arange(n) for row, n in enumerate(total)])
        self.at = torch.from_numpy(at)
        column = np.arange(self.width)[None]
        inside, second = column < total[:, None], column >= lengths[:, :1]
        self.is_a = torch.from_numpy(inside & ~second)
        self.is_b = torch.from_numpy(inside & second)
        self.mask = torch.from_numpy(np.where(inside, 0, -1e4).astype("f4"))[:, None, None]
        self.cross = torch.from_numpy((second[:, :, None] != second[:, None]).astype("f4"))[:, None]

    def padded(self, x):
        """[all tokens, n] to [pairs, width, heads, n / heads]."""
        whole = x.new_zeros(self.pairs * self.width, x.shape[1]).index_copy(0, self.at, x[: self.tokens])
        return whole.view(self.pairs, self.width, HEADS, -1)

    def flat(self, x):
        x = x.reshape(self.pairs * self.width, -1).index_select(0, self.at)
        return F.pad(x, (0, 0, 0, -self.tokens % self.ROUND))


def mean(x, inside):
    weight = inside[..., None].float()
    return (x * weight).sum(1) / weight.sum(1)


class Joint(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(Layer() for _ in LAYERS)
        self.scale = nn.Parameter(torch.tensor(10.0))
        self.bias = nn.Parameter(torch.tensor(-8.0))
        self.project = nn.Linear(WIDTH, COMPARED, bias=False)
        self.sharpness = nn.Parameter(torch.tensor(8.0))
        self.compare = nn.Linear(2 * COMPARED, POOLED)
        self.means = nn.Linear(2 * WIDTH, POOLED)
        self.last = nn.Linear(3 * POOLED, 1)
        self.drop = nn.Dropout(0.1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, batch: Batch):
        x = batch.states
        for layer in self.layers:
            x = layer(x, batch)
        whole = batch.padded(x).reshape(batch.pairs, batch.width, WIDTH)
        u, v = mean(whole, batch.is_a), mean(whole, batch.is_b)
        means = F.relu(self.means(self.drop(torch.cat([(u - v).abs(), u * v], 1) * 3)))
        tokens = self.compared(whole, batch)
        outside = ~(batch.is_a | batch.is_b)
        most = tokens.masked_fill(outside[..., None], 0).amax(1)
        pooled = torch.cat([means, mean(tokens, ~outside), most], 1)
        return self.scale * F.cosine_similarity(u, v) + self.bias + self.last(self.drop(pooled))[:, 0]

    def compared(self, whole, batch):
        """Each token beside what stands for it in the other text: [pairs, width, POOLED], at least 0."""
        own = F.normalize(self.project(whole), dim=-1)
        weight = self.sharpness * own @ own.transpose(1, 2) + batch.mask[:, 0] - 1e4 * (1 - batch.cross[:, 0])
        other = weight.softmax(-1) @ own
        return F.relu(self.compare(torch.cat([own * other, (own - other).abs()], -1) * 8))


def initialise(model: Joint, path: str) -> Joint:
    """From the layers of the bundled int8 file: weight = (stored - zero point) * scale."""
    tensors = {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
    parts = {
        "query": "attention.query", "key": "attention.key", "value": "attention.value",
        "output": "attention.output", "inner": "intermediate", "outer": "output",
    }
    with torch.no_grad():
        for layer, number in zip(model.layers, LAYERS):
            for ours, theirs in parts.items():
                name = f"layer.{number}.{theirs}"
                weight = (tensors[f"{name}.weight"].astype("f4") - tensors[f"{name}.zero_point"]) * tensors[f"{name}.scale"]
                getattr(layer, ours).weight.copy_(torch.from_numpy(weight.T.copy()))
                getattr(layer, ours).bias.copy_(torch.from_numpy(tensors[f"{name}.bias"].copy()))
            for ours, theirs in (("norm1", "attention.LayerNorm"), ("norm2", "output.LayerNorm")):
                for part in ("weight", "bias"):
                    getattr(getattr(layer, ours), part).copy_(torch.from_numpy(tensors[f"layer.{number}.{theirs}.{part}"].copy()))
    return model
