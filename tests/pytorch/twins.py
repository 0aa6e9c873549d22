"""Operators of the zoo, written in PyTorch as people write them: each has to be judged as its JAX form is."""

import torch
import torch.nn.functional as F
from torch import nn

from axiomkd import operator


def normalised(x):
    return x / x.sum(-1, keepdim=True)


@operator
def linear(P, w):
    return torch.einsum("k,kc->c", w, P)


@operator
def log(P, w):
    return F.softmax((w.unsqueeze(-1) * P.log()).sum(dim=0), dim=-1)


@operator
def power2(P, w):
    return normalised((w @ P.pow(2)).sqrt())


@operator
def wsq(P, w):
    return normalised(w**2) @ P


@operator
def softmax5(P, w):
    return torch.softmax(5 * w, 0) @ P


@operator
def entropyw(P, w):
    H = torch.special.entr(P).sum(dim=-1)
    return normalised(w * torch.exp(-H)) @ P


@operator
def confw(P, w):
    return normalised(w * P.max(dim=1).values) @ P


@operator
def max_all(P, w):
    return normalised(torch.amax(P, dim=0))


@operator
def umedian(P, w):
    K = P.size(0)
    ascending, _ = torch.sort(P, dim=0)
    return normalised((ascending[(K - 1) // 2] + ascending[K // 2]) / 2)


@operator(K=range(3, 65))
def trimmed(P, w):
    kept = P.sort(dim=0).values[1:-1]
    return normalised(kept.sum(0))


@operator
def voteshare(P, w):
    return w @ F.one_hot(P.argmax(dim=-1), P.shape[-1]).to(P.dtype)


@operator
def spherical(P, w):
    return normalised(w / torch.linalg.vector_norm(P, dim=1)) @ P


@operator
def agree(P, w):
    m = w @ P
    return normalised(w * torch.exp(-(P - m).abs().sum(1))) @ P


class HalfLinHalfLog(nn.Module):
    """Half of the linear pool, half of the log pool."""

    def __init__(self):
        super().__init__()
        self.share = nn.Parameter(torch.tensor(0.5))
        self.drop = nn.Dropout(0.3)  # in eval mode it does nothing

    def forward(self, P, w):
        pool = F.softmax(w @ torch.log(P), dim=-1)
        return self.drop(self.share * (w @ P) + (1 - self.share) * pool)


halflinlog = operator(HalfLinHalfLog(), name="halflinlog")
