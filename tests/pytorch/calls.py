"""Calls of PyTorch for every row of the table of aten operations, on numbers that lie in wait.

Ties, NaN, infinities, whole numbers, truth values, negative axes, kept axes. A call is a function of P (3, 4) and w (3,); what it
returns need not be an aggregate.
"""

import math

import torch
import torch.nn.functional as F

INF, NAN = math.inf, math.nan
# Rows with ties, zeros, and what is no number.
X = torch.tensor([[0.5, 0.25, 0.25, 0.0], [1.5, -2.5, 1.5, -0.0], [2.0, 3.0, -1.0, 0.5]], dtype=torch.float64)
ODD = torch.tensor([[NAN, 1.0, INF, -INF], [0.0, NAN, -1.0, 2.0], [INF, INF, 3.0, 3.0]], dtype=torch.float64)
N = torch.tensor([[3, -7, 2, 0], [5, 5, -1, 4], [0, 1, 1, -3]])
M = torch.tensor([[True, False, True, True], [False, False, True, False], [True, True, True, True]])
HALF = torch.tensor([0.1, 0.2, 0.7, 1.0], dtype=torch.float32)
V = torch.tensor([0.5, 2.0, -1.0, 4.0], dtype=torch.float64)
S = torch.tensor(3, dtype=torch.int32)
ROW = torch.tensor([2, 0, 2])


def pairs(name):
    """A function of two on plain numbers, on odd ones, on whole ones, on a number."""
    op = getattr(torch, name)
    return {
        f"{name} of tensors": lambda P, w: op(P, X),
        f"{name} of odd numbers": lambda P, w: op(ODD, X),
        f"{name} with odd numbers": lambda P, w: op(X + 1, ODD),
    }


def ones(name, x=None, module=torch):
    op = getattr(module, name)
    return {f"{name}": lambda P, w: op(P if x is None else x), f"{name} of odd numbers": lambda P, w: op(ODD)}


CALLS = {}
for _name in "abs neg exp exp2 expm1 log log2 log10 log1p sqrt rsqrt reciprocal sin cos tan asin acos atan sinh cosh tanh".split():
    CALLS |= ones(_name)
for (
    _name
) in "asinh atanh sigmoid erf erfc lgamma floor ceil trunc round square isnan isinf isfinite logit relu".split():
    CALLS |= ones(_name)
CALLS |= ones("acosh", X.abs() + 1) | ones("erfinv") | ones("positive")
for _name in "frac isposinf isneginf deg2rad rad2deg".split():
    CALLS |= ones(_name)
for _name in "mish hardsigmoid hardswish celu softshrink hardshrink".split():
    CALLS |= {
        _name: lambda P, w, op=getattr(F, _name): op(3 * X),
        f"{_name} of odd numbers": lambda P, w, op=getattr(F, _name): op(ODD),
    }
for _name in "ndtr log_ndtr entr".split():
    CALLS |= ones(_name, module=torch.special)
CALLS |= {"ndtri": lambda P, w: torch.special.ndtri(P)}
for _name in "silu softplus gelu hardtanh leaky_relu elu logsigmoid".split():
    CALLS |= {_name: lambda P, w, op=getattr(F, _name): op(30 * X)}
CALLS |= {
    "sinc": lambda P, w: torch.sinc(X),
    "digamma": lambda P, w: torch.digamma(P + 1),
    "celu with alpha": lambda P, w: F.celu(X, alpha=0.3),
    "threshold": lambda P, w: F.threshold(ODD, 0.0, 0.5),
    "prelu": lambda P, w: F.prelu(X, V),
    "glu": lambda P, w: F.glu(X),
    "heaviside": lambda P, w: torch.heaviside(X, V),
    "isin": lambda P, w: torch.isin(N, torch.tensor([3, 5])),
    "isin, turned": lambda P, w: torch.isin(N, torch.tensor([3, 5]), invert=True),
    "gelu by tanh": lambda P, w: F.gelu(X, approximate="tanh"),
    "softplus with beta": lambda P, w: F.softplus(X, beta=3.0, threshold=5.0),
    "sign": lambda P, w: torch.sign(X),
    "sgn": lambda P, w: torch.sgn(N),
    "logit with eps": lambda P, w: torch.logit(P.clamp(0, 1), eps=0.2),
    "round to even": lambda P, w: torch.round(X),
    "nan_to_num": lambda P, w: torch.nan_to_num(ODD),
    "nan_to_num to numbers": lambda P, w: ODD.nan_to_num(nan=2.0, posinf=5.0, neginf=-5.0),
    "to int": lambda P, w: (7 * X).long(),
    "to float32 and back": lambda P, w: P.float().double(),
    "to bool": lambda P, w: X.bool(),
    "bfloat16 on the way": lambda P, w: (P.bfloat16() * 3).double(),
    "half on the way": lambda P, w: P.half().sum(0).double(),
    "clone": lambda P, w: P.clone().detach(),
    "a constant": lambda P, w: P + torch.tensor([1.0, 2.0, 3.0, 4.0]),
    "scalar_tensor": lambda P, w: torch.scalar_tensor(2.0) * P,
}
# --- arithmetic
for _name in "add sub mul div pow maximum minimum fmax fmin atan2 hypot logaddexp logaddexp2 copysign remainder fmod xlogy".split():
    CALLS |= pairs(_name)
CALLS |= {
    "add of numbers": lambda P, w: P + 2,
    "add with alpha": lambda P, w: torch.add(P, X, alpha=3),
    "sub with alpha": lambda P, w: torch.sub(P, X, alpha=0.5),
    "rsub": lambda P, w: 1 - P,
    "rsub of ints": lambda P, w: 1 - N,
    "rsub with alpha": lambda P, w: torch.rsub(P, X, alpha=2),
    "ints and floats": lambda P, w: N * 0.5,
    "ints and a float tensor": lambda P, w: N + P,
    "ints of two widths": lambda P, w: N * S,
    "float32 and float64": lambda P, w: HALF * P,
    "float32 and a number": lambda P, w: HALF * 0.1,
    "truth values added": lambda P, w: M + M,
    "truth values and ints": lambda P, w: M + N,
    "truth values multiplied": lambda P, w: M * M,
    "truth values and a number": lambda P, w: M * 2.5,
    "ints divided": lambda P, w: N / 2,
    "ints divided by ints": lambda P, w: N / (N + 10),
    "div floor": lambda P, w: torch.div(X, 0.4, rounding_mode="floor"),
    "div trunc": lambda P, w: torch.div(X, 0.4, rounding_mode="trunc"),
    "div floor of ints": lambda P, w: torch.div(N, 2, rounding_mode="floor"),
    "floor_divide": lambda P, w: N // 3,
    "remainder of ints": lambda P, w: N % 3,
    "remainder": lambda P, w: X % 0.7,
    "fmod of a number": lambda P, w: torch.fmod(X, 0.7),
    "square": lambda P, w: P**2,
    "cube of ints": lambda P, w: N**3,
    "root": lambda P, w: P**0.5,
    "root of negative numbers": lambda P, w: X**0.5,
    "negative power": lambda P, w: P**-1.5,
    "power -1": lambda P, w: X**-1,
    "power 2.0": lambda P, w: X**2.0,
    "power of tensors": lambda P, w: P ** w[:, None],
    "power of a number": lambda P, w: 2.0**X,
    "0**0": lambda P, w: torch.zeros(3) ** torch.zeros(3),
    "xlogy at 0": lambda P, w: torch.xlogy(torch.zeros(4), ODD[0]),
    "xlogy of a number": lambda P, w: torch.xlogy(2, P),
    "xlogy with a number": lambda P, w: torch.xlogy(P, 0.5),
    "xlog1py": lambda P, w: torch.special.xlog1py(P, X),
    "addcmul": lambda P, w: torch.addcmul(P, X, X, value=0.5),
    "addcdiv": lambda P, w: torch.addcdiv(P, X, P, value=2),
    "lerp": lambda P, w: torch.lerp(P, X, 0.3),
    "lerp by tensors": lambda P, w: torch.lerp(P, X, P),
    "mse_loss": lambda P, w: F.mse_loss(P, X),
    "mse_loss of each": lambda P, w: F.mse_loss(P, X, reduction="none"),
    "mse_loss summed": lambda P, w: F.mse_loss(P, X, reduction="sum"),
    "smooth_l1_loss": lambda P, w: F.smooth_l1_loss(P, X, reduction="none", beta=0.5),
    "smooth_l1_loss, mean": lambda P, w: F.smooth_l1_loss(P, X),
    "huber_loss": lambda P, w: F.huber_loss(P, X, reduction="none", delta=0.25),
    "huber_loss, summed": lambda P, w: F.huber_loss(P, X, reduction="sum"),
    "binary_cross_entropy": lambda P, w: F.binary_cross_entropy(P, M.double(), reduction="none"),
    "binary_cross_entropy, weighed": lambda P, w: F.binary_cross_entropy(P, P.flip(0), weight=w[:, None]),
    "binary_cross_entropy_with_logits": lambda P, w: F.binary_cross_entropy_with_logits(900 * X, P, reduction="none"),
    "binary_cross_entropy_with_logits, weighed": lambda P, w: F.binary_cross_entropy_with_logits(
        X, P, weight=V, pos_weight=V.abs()
    ),
    "soft_margin_loss": lambda P, w: F.soft_margin_loss(P, X.sign()),
    "nll_loss": lambda P, w: F.nll_loss(P.log(), torch.arange(P.shape[0]) % P.shape[1], reduction="none"),
    "nll_loss, weighed": lambda P, w: F.nll_loss(P, torch.arange(P.shape[0]) % P.shape[1], weight=P[0], ignore_index=1),
    "nll_loss, more axes": lambda P, w: F.nll_loss(P[None, :, :, None], torch.ones(1, P.shape[1], 1, dtype=torch.long)),
    "kl_div, mean": lambda P, w: F.kl_div(P.flip(0).log(), X.softmax(-1)),
    "kl_div, summed": lambda P, w: F.kl_div(X.log_softmax(-1), P, reduction="sum"),
    "kl_div, by rows": lambda P, w: F.kl_div(X.log_softmax(-1), P, reduction="batchmean"),
    "cross_entropy with weights of classes": lambda P, w: F.cross_entropy(X, P, weight=V.abs(), reduction="none"),
    "kl_div": lambda P, w: F.kl_div(P.log(), P.flip(0), reduction="none"),
    "kl_div of logs": lambda P, w: F.kl_div(P.log(), P.flip(0).log(), reduction="batchmean", log_target=True),
    "cross_entropy with probabilities": lambda P, w: F.cross_entropy(X, P),
    "cosine_similarity": lambda P, w: F.cosine_similarity(P, X, dim=-1),
    "normalize": lambda P, w: F.normalize(X, p=1.0, dim=1),
}
# --- bounds, comparisons, choices
for _name in "eq ne lt le gt ge".split():
    CALLS |= pairs(_name)
    CALLS |= {
        f"{_name} of ints and a float": lambda P, w, op=getattr(torch, _name): op(N, 1.5),
        f"{_name} of ints and floats": lambda P, w, op=getattr(torch, _name): op(N, X),
        f"{_name} of truth values": lambda P, w, op=getattr(torch, _name): op(M, True),
    }
for _name in "logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor".split():
    CALLS |= {f"{_name}": lambda P, w, op=getattr(torch, _name): op(M, M.flip(0))}
    CALLS |= {f"{_name} of ints": lambda P, w, op=getattr(torch, _name): op(N, N.flip(0))}
CALLS |= {
    "not": lambda P, w: ~M,
    "logical_not of numbers": lambda P, w: torch.logical_not(X),
    "and": lambda P, w: (P > 0.2) & (P < 0.6),
    "or, xor": lambda P, w: (M | (P > 0.2)) ^ M,
    "clamp": lambda P, w: ODD.clamp(-1, 1),
    "clamp from below": lambda P, w: P.clamp(min=0.2),
    "clamp to NaN": lambda P, w: torch.clamp(X, max=ODD),
    "clamp crossed": lambda P, w: X.clamp(1.0, 0.0),
    "clamp of ints by a float": lambda P, w: N.clamp(min=0.5),
    "clamp_min": lambda P, w: torch.clamp_min(ODD, 0.0),
    "clamp_max": lambda P, w: torch.clamp_max(ODD, 0.0),
    "clip": lambda P, w: torch.clip(P, 0.1, 0.4),
    "where": lambda P, w: torch.where(P > 0.3, P, 0.0),
    "where of kinds": lambda P, w: torch.where(M, N, X),
    "where of odd numbers": lambda P, w: torch.where(M, ODD, X),
    "masked_fill": lambda P, w: P.masked_fill(M, -INF),
    "masked_fill by a tensor": lambda P, w: P.masked_fill(M, torch.tensor(2.0)),
    "softmax of masked": lambda P, w: P.log().masked_fill(M, -INF).softmax(-1),
}
# --- reductions
for _name in "sum mean prod amax amin logsumexp".split():
    op = getattr(torch, _name)
    CALLS |= {
        f"{_name} over -1": lambda P, w, op=op: op(P, -1),
        f"{_name} over 0, kept": lambda P, w, op=op: op(X, dim=0, keepdim=True),
        f"{_name} of odd numbers": lambda P, w, op=op: op(ODD, 1),
    }
for _name in "sum mean prod max min std var argmax argmin median any all count_nonzero".split():
    CALLS |= {f"{_name} of all": lambda P, w, op=getattr(torch, _name): op(X)}
for _name in "argmax argmin".split():
    op = getattr(torch, _name)
    CALLS |= {
        f"{_name} at ties": lambda P, w, op=op: op(X, dim=-1),
        f"{_name} at ties, kept": lambda P, w, op=op: op(X.T, dim=0, keepdim=True),
        f"{_name} of odd numbers": lambda P, w, op=op: op(ODD, 1),
        f"{_name} of ints": lambda P, w, op=op: op(N, 1),
        f"{_name} at long ties": lambda P, w, op=op: op(torch.ones(3, 40), dim=1),
    }
for _name in "max min".split():
    op = getattr(torch, _name)
    CALLS |= {
        f"values of {_name}": lambda P, w, op=op: op(ODD, dim=1).values,
        f"places of {_name}": lambda P, w, op=op: op(X, dim=1).indices,
        f"places of {_name}, kept": lambda P, w, op=op: op(X, dim=0, keepdim=True).indices,
        f"{_name} of two": lambda P, w, op=op: op(P, X),
    }
CALLS |= {
    "sum of truth values": lambda P, w: M.sum(),
    "sum of ints": lambda P, w: N.sum(1),
    "sum of int32": lambda P, w: N.int().sum(1),
    "sum in float32": lambda P, w: P.sum(dim=0, dtype=torch.float32),
    "sum over several": lambda P, w: P.sum(dim=(0, -1)),
    "sum over none": lambda P, w: P.sum(dim=()),
    "sum of nothing": lambda P, w: torch.sum(P[:0], dim=0),
    "prod of nothing": lambda P, w: torch.prod(P[:0], dim=0),
    "nansum": lambda P, w: torch.nansum(ODD, dim=0),
    "mean of several": lambda P, w: P.mean(dim=(0, 1), keepdim=True),
    "aminmax": lambda P, w: torch.aminmax(X, dim=1).max + torch.aminmax(X, dim=1).min,
    "any over an axis": lambda P, w: (P > 0.5).any(dim=-1),
    "all over an axis": lambda P, w: M.all(dim=1, keepdim=True),
    "count_nonzero over an axis": lambda P, w: torch.count_nonzero(X, dim=1),
    "var over an axis": lambda P, w: P.var(dim=0),
    "var uncorrected": lambda P, w: P.var(dim=1, unbiased=False, keepdim=True),
    "std corrected by 2": lambda P, w: P.std(dim=1, correction=2),
    "std over an axis": lambda P, w: P.std(0),
    "var_mean": lambda P, w: sum(torch.var_mean(P, dim=1)),
    "std_mean": lambda P, w: sum(torch.std_mean(P, dim=1)),
    "norm": lambda P, w: X.norm(dim=1),
    "norm of all": lambda P, w: torch.norm(X),
    **{f"norm {p}": lambda P, w, p=p: torch.linalg.vector_norm(X, ord=p, dim=1) for p in (0, 1, 2, 3, 0.5, INF, -INF)},
    **{f"norm {p} by torch.norm": lambda P, w, p=p: torch.norm(X, p=p, dim=-1) for p in (0, 1, 2, 3, INF)},
    **{f"old norm {p}": lambda P, w, p=p: F.pairwise_distance(P, X, p=p) for p in (1, 2, INF)},
    "norm of a matrix": lambda P, w: torch.linalg.matrix_norm(X) + torch.linalg.matrix_norm(X, ord=1),
    "dist": lambda P, w: torch.dist(P, X),
    "dist 1": lambda P, w: torch.dist(P, X, p=1),
    **{f"cdist {p}": lambda P, w, p=p: torch.cdist(P, X, p=p) for p in (0, 1, 2, 1.5, INF)},
    "cdist of stacks": lambda P, w: torch.cdist(P[None], X[None], p=1),
    **{f"pdist {p}": lambda P, w, p=p: F.pdist(X, p=p) for p in (1, 2, INF)},
    "cosine of pairs": lambda P, w: F.cosine_similarity(P[:, None], P[None], dim=-1),
    "softmax": lambda P, w: P.softmax(0),
    "softmax of halves": lambda P, w: P.half().softmax(-1),
    "softmax of what is all ruled out": lambda P, w: F.scaled_dot_product_attention(
        P[None], X[None], X[None], attn_mask=torch.tensor([[True, True, False], [False] * 3, [True] * 3])
    ),
    "softmax of odd numbers": lambda P, w: ODD.softmax(1),
    "softmax of far numbers": lambda P, w: (1000 * X).softmax(-1),
    "log_softmax": lambda P, w: F.log_softmax(X, dim=-1),
    "log_softmax of odd numbers": lambda P, w: F.log_softmax(ODD, dim=1),
    "logsumexp of -inf": lambda P, w: torch.logsumexp(torch.full((2, 3), -INF), dim=1),
    "cumsum": lambda P, w: P.cumsum(-1),
    "cumsum of truth values": lambda P, w: M.cumsum(0),
    "cummax": lambda P, w: torch.cummax(X, dim=-1).values,
    "cummax of odd numbers": lambda P, w: ODD.cummax(1)[0],
    "cummin": lambda P, w: torch.cummin(ODD, dim=0)[0],
    "cumprod": lambda P, w: P.cumprod(1),
    "logcumsumexp": lambda P, w: torch.logcumsumexp(X, dim=-1),
    "layer_norm": lambda P, w: F.layer_norm(P, (4,), weight=V, bias=V),
    "layer_norm, plain": lambda P, w: F.layer_norm(P, (3, 4)),
    "group_norm": lambda P, w: F.group_norm(P, 2, weight=V, bias=V),
    "group_norm of stacks": lambda P, w: F.group_norm(P.reshape(1, 2, 6), 2),
    "batch_norm": lambda P, w: F.batch_norm(P, V, V.abs(), V, V, training=False),
    "batch_norm, plain": lambda P, w: F.batch_norm(P, V, V.abs()),
}
# --- order
CALLS |= {
    "sort": lambda P, w: X.sort().values,
    "sort falling": lambda P, w: torch.sort(X, dim=0, descending=True)[0],
    "sort of odd numbers": lambda P, w: ODD.sort(1)[0],
    "sort of odd numbers, falling": lambda P, w: ODD.sort(1, descending=True)[0],
    "places of a stable sort": lambda P, w: torch.sort(X, dim=1, stable=True).indices,
    "places of a stable sort, falling": lambda P, w: torch.sort(X, dim=1, stable=True, descending=True).indices,
    "stable argsort": lambda P, w: torch.argsort(X, dim=-1, stable=True),
    "topk": lambda P, w: X.topk(2).values,
    "topk from below": lambda P, w: X.topk(2, dim=0, largest=False)[0],
    "topk of ints": lambda P, w: N.topk(3, largest=False)[0],
    "kthvalue": lambda P, w: X.kthvalue(2, dim=1).values,
    "kthvalue, kept": lambda P, w: X.kthvalue(3, dim=-1, keepdim=True)[0],
    "median": lambda P, w: X.median(dim=0).values,
    "median of an even number": lambda P, w: X.median(dim=1, keepdim=True)[0],
    "median of odd numbers": lambda P, w: ODD.median(dim=1)[0],
}
# --- products
CALLS |= {
    "mv": lambda P, w: P.T @ w,
    "vm": lambda P, w: w @ P,
    "mm": lambda P, w: P @ X.T,
    "bmm": lambda P, w: torch.bmm(P[None], X.T[None]),
    "dot": lambda P, w: torch.dot(w, w),
    "vdot": lambda P, w: torch.vdot(w, w),
    "outer": lambda P, w: torch.outer(w, V),
    "einsum": lambda P, w: torch.einsum("k,kc,kd->cd", w, P, X),
    "matmul of stacks": lambda P, w: P[None].repeat(2, 1, 1) @ X.T,
    "linear": lambda P, w: F.linear(P, X, w),
    "linear without bias": lambda P, w: F.linear(P, X),
    "addmm": lambda P, w: torch.addmm(w, P, X.T, beta=2, alpha=0.5),
    "addmm with beta 0": lambda P, w: torch.addmm(torch.full((3,), NAN), P, X.T, beta=0),
    "addmv": lambda P, w: torch.addmv(V, P.T, w, alpha=2),
    "addr": lambda P, w: torch.addr(X, w, V, beta=0.5),
    "solve": lambda P, w: torch.linalg.solve(torch.eye(3) + P @ P.T, w),
    "solve for several": lambda P, w: torch.linalg.solve(torch.eye(3) + P @ P.T, P),
    "inv": lambda P, w: torch.linalg.inv(torch.eye(3) + P @ P.T),
    "addbmm": lambda P, w: torch.addbmm(torch.ones(3, 3), P[None].repeat(2, 1, 1), X.T[None].repeat(2, 1, 1), beta=2),
    "trace": lambda P, w: torch.trace(X),
    "trace of ints": lambda P, w: torch.trace(N),
    "cross": lambda P, w: torch.linalg.cross(P[:, :3], X[:, :3]),
    "det": lambda P, w: torch.linalg.det(P @ P.T),
    "slogdet": lambda P, w: torch.linalg.slogdet(X @ X.T + torch.eye(3))[1],
    "cholesky": lambda P, w: torch.linalg.cholesky(X @ X.T + torch.eye(3)),
    "solve_triangular": lambda P, w: torch.linalg.solve_triangular((P[:, :3] + 1).tril(), P, upper=False),
    "solve_triangular, of ones": lambda P, w: torch.linalg.solve_triangular(
        P[:, :3].triu(), P, upper=True, unitriangular=True
    ),
    "baddbmm": lambda P, w: torch.baddbmm(torch.ones(1, 3, 3), P[None], X.T[None]),
}
# --- moves
CALLS |= {
    "view": lambda P, w: P.view(-1),
    "view in two": lambda P, w: P.view(2, -1),
    "reshape": lambda P, w: P.T.reshape(2, 6),
    "flatten": lambda P, w: torch.flatten(P),
    "expand": lambda P, w: w[:, None].expand(3, 4),
    "expand with -1": lambda P, w: w[None].expand(2, -1),
    "permute": lambda P, w: P[None].permute(-1, 0, 1),
    "movedim": lambda P, w: P[None].movedim(0, -1),
    "transpose": lambda P, w: P.transpose(-1, 0),
    "t of a vector": lambda P, w: w.t(),
    "turned in place": lambda P, w: P.clone().t_().unsqueeze_(0).transpose_(1, 2).squeeze_(0),
    "overwritten": lambda P, w: torch.empty_like(P).copy_(P) + P.new_empty(4).fill_(1.0),
    "alias": lambda P, w: torch.ops.aten.alias(P),
    "mT": lambda P, w: P.mT,
    "squeeze": lambda P, w: P[None, :, None].squeeze(),
    "squeeze an axis": lambda P, w: P[None].squeeze(0),
    "squeeze nothing": lambda P, w: P.squeeze(1),
    "unsqueeze": lambda P, w: P.unsqueeze(-1),
    "select": lambda P, w: P[-1],
    "select a column": lambda P, w: P[:, 2],
    "slice": lambda P, w: P[1:, :-1],
    "slice by steps": lambda P, w: P[::2, 1::2],
    "slice beyond": lambda P, w: P[1:99],
    "narrow": lambda P, w: P.narrow(1, 1, 2),
    "unbind": lambda P, w: P.unbind(1)[2] + P.unbind(-1)[0],
    "rows": lambda P, w: sum(row * weight for row, weight in zip(P, w, strict=True)),
    "split": lambda P, w: P.split(3, dim=1)[1],
    "split by sizes": lambda P, w: torch.split(P, [1, 3], dim=-1)[1],
    "chunk": lambda P, w: P.chunk(2, dim=1)[0],
    "index_select": lambda P, w: P.index_select(1, torch.tensor([3, 0, 0])),
    "index": lambda P, w: P[torch.tensor([0, 2, -1])],
    "index in two": lambda P, w: P[torch.arange(3), P.argmax(1)],
    "index of columns": lambda P, w: P[:, torch.tensor([1, 1])],
    "index apart": lambda P, w: P[None][torch.tensor([0]), :, torch.tensor([1])],
    "gather": lambda P, w: P.gather(1, P.argmax(1, keepdim=True)),
    "gather less": lambda P, w: P.gather(0, torch.tensor([[0, 2]])),
    "take_along_dim": lambda P, w: torch.take_along_dim(P, torch.argsort(X, dim=1, stable=True), dim=1),
    "scatter": lambda P, w: torch.zeros(3, 4).scatter(1, P.argmax(1, keepdim=True), 1.0),
    "scatter of a tensor": lambda P, w: torch.zeros(3, 4).scatter(1, ROW[:, None], w[:, None]),
    "scatter that adds, one a row": lambda P, w: P.scatter(1, ROW[:, None], w[:, None], reduce="add"),
    "scatter of fewer rows": lambda P, w: P.scatter(1, ROW[:2, None], 3.0),
    "scatter along the rows": lambda P, w: P.scatter(-2, P.argmax(0, keepdim=True), P[1:2]),
    "scatter_add": lambda P, w: torch.zeros(4).scatter_add(0, ROW, w),
    "scatter that adds": lambda P, w: torch.zeros(4).scatter(0, ROW, w, reduce="add"),
    "scatter that multiplies": lambda P, w: torch.ones(3, 4).scatter(1, ROW[:, None], 3.0, reduce="multiply"),
    **{
        f"scatter_reduce {name}, {also}": lambda P, w, name=name, also=also: V.scatter_reduce(
            0, ROW, w, reduce=name, include_self=also
        )
        for name in ("sum", "prod", "amax", "amin")
        for also in (True, False)
    },
    "index_fill": lambda P, w: P.index_fill(1, torch.tensor([0, 2]), 0.5),
    "index_copy": lambda P, w: P.index_copy(1, torch.tensor([0, 2]), X[:, :2]),
    "take": lambda P, w: torch.take(P, torch.tensor([0, 5, -1])),
    "bucketize": lambda P, w: torch.bucketize(ODD, torch.tensor([-1.0, 1.0, 2.0])),
    "bucketize from the right": lambda P, w: torch.bucketize(ODD, torch.tensor([-1.0, 1.0, 2.0]), right=True),
    "bucketize in int32": lambda P, w: torch.bucketize(P, V.sort().values, out_int32=True),
    "searchsorted": lambda P, w: torch.searchsorted(P.cumsum(-1), w[:, None]),
    "searchsorted by side": lambda P, w: torch.searchsorted(V.sort().values, X, side="right"),
    "one_hot": lambda P, w: F.one_hot(P.argmax(1), 4),
    "put at places": lambda P, w: P.index_put((torch.tensor([0, 1]), torch.tensor([1, 2])), torch.tensor(5.0)),
    "put and add": lambda P, w: torch.zeros(4).index_put((ROW,), w, accumulate=True),
    "put by a mask": lambda P, w: P.index_put((M,), torch.tensor(0.0)),
    "put by a mask of rows": lambda P, w: P.index_put((w > 0.3,), torch.tensor(0.0)),
    "select_scatter": lambda P, w: P.select_scatter(V, 0, -1),
    "slice_scatter": lambda P, w: P.slice_scatter(X[:, :2], 1, 1, 3),
    "cat": lambda P, w: torch.cat([P, X], dim=-1),
    "cat of kinds": lambda P, w: torch.cat([P, N]),
    "cat with nothing": lambda P, w: torch.cat([torch.zeros(0), w]),
    "stack": lambda P, w: torch.stack([P, X], dim=1),
    "hstack": lambda P, w: torch.hstack([w, w]),
    "flip": lambda P, w: P.flip(0, 1),
    "roll": lambda P, w: P.roll(1, dims=1),
    "roll of all": lambda P, w: P.roll(5),
    "repeat": lambda P, w: w.repeat(2, 2),
    "tile": lambda P, w: torch.tile(P, (2,)),
    "tril": lambda P, w: P.tril(-1),
    "triu": lambda P, w: P.triu(1),
    "diagonal": lambda P, w: P.diagonal(1),
    "diag": lambda P, w: torch.diag(P),
    "diagonal_scatter": lambda P, w: P.diagonal_scatter(w),
    "block_diag": lambda P, w: torch.block_diag(P, X),
    "rot90": lambda P, w: torch.rot90(P),
    "unfold": lambda P, w: P.unfold(1, 3, 1),
    "pairs by indices": lambda P, w: P[tuple(torch.tril_indices(3, 4, -1))] + P[tuple(torch.triu_indices(3, 3, 1))],
    "logspace": lambda P, w: torch.logspace(0, 1, 4),
    "diag_embed": lambda P, w: torch.diag_embed(w),
    "pad": lambda P, w: F.pad(P, (1, 2), value=0.5),
    "pad in two": lambda P, w: F.pad(P, (1, 0, 0, 2)),
    "meshgrid": lambda P, w: torch.meshgrid(w, V, indexing="ij")[0],
    "zeros": lambda P, w: torch.zeros(2, 3) + torch.zeros_like(P[:2, :3]) + P.new_zeros(2, 3),
    "ones": lambda P, w: torch.ones(3, 4) + torch.ones_like(P) + P.new_ones(4),
    "full": lambda P, w: torch.full((3, 4), 2.5) + torch.full_like(P, 3) + P.new_full((4,), 1),
    "full of ints": lambda P, w: torch.full((2,), 7),
    "arange": lambda P, w: torch.arange(5),
    "arange from, by": lambda P, w: torch.arange(1, 8, 2),
    "arange of floats": lambda P, w: torch.arange(0.0, 1.0, 0.25),
    "linspace": lambda P, w: torch.linspace(0, 1, 5),
    "eye": lambda P, w: torch.eye(3),
    "eye, oblong": lambda P, w: torch.eye(2, 4),
}
# --- written in place, on tensors of the function's own


def written(P, w):
    out = torch.zeros(4)
    for k in range(3):
        out += w[k] * P[k]
    return out


def by_parts(P, w):
    out = torch.empty(3, 4)
    out[0] = P[1]
    out[1:] = P[:2] * 2
    out[:, 1].mul_(3)
    return out


def masked(P, w):
    out = P.clone()
    out[out < 0.2] = 0
    out[1, 2] = 7
    return out.div_(out.sum(1, keepdim=True)).clamp_(max=0.9)


def filled(P, w):
    out = P.clone()
    out.fill_(2.0)
    out[0].copy_(V)
    return out.zero_() + w.clone().fill_(3.0)[:, None]


def scattered(P, w):
    return torch.zeros(3, 4).scatter_(1, P.argmax(1, keepdim=True), 1.0).index_add_(0, ROW, P)


CALLS |= {"scattered in place": scattered, "written": written, "by parts": by_parts, "masked": masked, "filled": filled}
