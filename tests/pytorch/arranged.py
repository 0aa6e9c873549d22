"""Ten operators of the zoo in PyTorch as training code has them: batches in five layouts, logits and log-probabilities, modules.

Each is written along its own axes. What each has to be judged as is its JAX form, a function of one panel, in the zoo.
"""

import torch
import torch.nn.functional as F
from torch import nn

from axiomkd import operator


def normalised(x):
    return x / x.sum(-1, keepdim=True)


def entropy(P, dim=-1):
    return torch.special.entr(P).sum(dim=dim)


class Both(nn.Module):
    """Half of the linear pool, half of the log pool; `linear` and `log` are functions of P and w."""

    def __init__(self, linear, log):
        super().__init__()
        self.linear, self.log = linear, log
        self.share = nn.Parameter(torch.tensor(0.5))
        self.drop = nn.Dropout(0.3)  # in eval mode it does nothing

    def forward(self, P, w):
        return self.drop(self.share * self.linear(P, w) + (1 - self.share) * self.log(P, w))


# --- a stack [K, B, C], weights [K] ----------------------------------------------------------------------------------------


def kbc_linear(P, w):
    return (w[:, None, None] * P).sum(0)


def kbc_log(P, w):
    return F.softmax(torch.einsum("k,kbc->bc", w, torch.log(P)), dim=-1)


def kbc_power2(P, w):
    return normalised(torch.tensordot(w, P**2, dims=1).sqrt())


def kbc_wsq(P, w):
    v = w.square()
    return torch.tensordot(v / v.sum(), P, dims=([0], [0]))


def kbc_entropyw(P, w):
    v = w.view(-1, 1) * torch.exp(-entropy(P))
    return ((v / v.sum(0)).unsqueeze(-1) * P).sum(dim=0)


def kbc_max_all(P, w):
    return normalised(P.max(dim=0).values)


def kbc_umedian(P, w):
    K = P.shape[0]
    ascending = P.sort(dim=0).values
    return normalised((ascending[(K - 1) // 2] + ascending[K // 2]) / 2)


def kbc_voteshare(P, w):
    votes = F.one_hot(P.argmax(dim=-1), P.shape[-1]).to(P.dtype)
    return torch.einsum("k,kbc->bc", w, votes)


def kbc_agree(P, w):
    m = (w[:, None, None] * P).sum(0)
    v = w[:, None] * torch.exp(-(P - m).abs().sum(-1))
    return (normalised(v.T).T[..., None] * P).sum(0)


kbc_halflinlog = Both(kbc_linear, kbc_log)


# --- a stack [B, K, C], each panel's own weights [B, K] ----------------------------------------------------------------------


def bkc_linear(P, w):
    return torch.bmm(w.unsqueeze(1), P).squeeze(1)


def bkc_log(P, w):
    return torch.softmax((w[..., None] * P.log()).sum(dim=1), -1)


def bkc_power2(P, w):
    return normalised(torch.einsum("bk,bkc->bc", w, P.pow(2)) ** 0.5)


def bkc_wsq(P, w):
    return torch.einsum("bk,bkc->bc", normalised(w**2), P)


def bkc_entropyw(P, w):
    v = normalised(w * torch.exp(-entropy(P)))
    return (v.unsqueeze(2) * P).sum(1)


def bkc_max_all(P, w):
    return F.normalize(P.amax(dim=1), p=1.0, dim=-1)


def bkc_umedian(P, w):
    K = P.size(1)
    ascending, _ = P.sort(dim=1)
    return normalised((ascending[:, (K - 1) // 2] + ascending[:, K // 2]) / 2)


def bkc_voteshare(P, w):
    votes = torch.zeros_like(P).scatter_(-1, P.argmax(-1, keepdim=True), 1.0)
    return torch.einsum("bk,bkc->bc", w, votes)


def bkc_agree(P, w):
    m = torch.einsum("bk,bkc->bc", w, P)
    v = normalised(w * torch.exp(-torch.norm(P - m[:, None], p=1, dim=-1)))
    return torch.einsum("bk,bkc->bc", v, P)


bkc_halflinlog = Both(bkc_linear, bkc_log)


# --- [B, C, K], weights [K] --------------------------------------------------------------------------------------------------


def bck_linear(P, w):
    return P @ w


def bck_log(P, w):
    return F.softmax(torch.log(P) @ w, dim=1)


def bck_power2(P, w):
    return normalised((P.square() @ w).sqrt())


def bck_wsq(P, w):
    return torch.matmul(P, w**2 / torch.sum(w**2))


def bck_entropyw(P, w):
    v = normalised(w * torch.exp(-entropy(P, dim=1)))
    return (P * v[:, None, :]).sum(-1)


def bck_max_all(P, w):
    return normalised(torch.amax(P, dim=2))


def bck_umedian(P, w):
    K = P.shape[-1]
    ascending = torch.sort(P, dim=-1)[0]
    return normalised((ascending[..., (K - 1) // 2] + ascending[..., K // 2]) / 2)


def bck_voteshare(P, w):
    return F.one_hot(P.argmax(dim=1), P.shape[1]).to(P).transpose(1, 2) @ w


def bck_agree(P, w):
    m = P @ w
    v = normalised(w * torch.exp(-(P - m.unsqueeze(-1)).abs().sum(dim=1)))
    return torch.einsum("bck,bk->bc", P, v)


bck_halflinlog = Both(bck_linear, bck_log)


# --- a list of K logits [B, C], weights [K] ----------------------------------------------------------------------------------


def list_linear(logits, w):
    return sum(weight * F.softmax(z, dim=-1) for weight, z in zip(w, logits, strict=True))


def list_log(logits, w):
    pooled = torch.zeros_like(logits[0])
    for k, z in enumerate(logits):
        pooled += w[k] * F.log_softmax(z, dim=1)
    return F.softmax(pooled, dim=1)


def list_power2(logits, w):
    P = torch.stack([z.softmax(-1) for z in logits])
    return normalised(torch.einsum("k,kbc->bc", w, P * P).sqrt())


def list_wsq(logits, w):
    v = w**2 / (w**2).sum()
    out = 0
    for k in range(len(logits)):
        out = out + v[k] * logits[k].softmax(dim=-1)
    return out


def list_entropyw(logits, w):
    P = [F.softmax(z, dim=-1) for z in logits]
    v = torch.stack([w[k] * torch.exp(-entropy(p)) for k, p in enumerate(P)], dim=1)
    v = v / v.sum(dim=1, keepdim=True)
    return sum(v[:, k : k + 1] * p for k, p in enumerate(P))


def list_max_all(logits, w):
    best = logits[0].softmax(-1)
    for z in logits[1:]:
        best = torch.maximum(best, z.softmax(-1))
    return normalised(best)


def list_umedian(logits, w):
    K = len(logits)
    ascending = torch.stack([z.softmax(-1) for z in logits], dim=-1).sort(dim=-1).values
    return normalised((ascending[..., (K - 1) // 2] + ascending[..., K // 2]) / 2)


def list_voteshare(logits, w):
    C = logits[0].size(-1)
    return sum(weight * F.one_hot(z.argmax(-1), C).to(z.dtype) for weight, z in zip(w, logits, strict=True))


def list_agree(logits, w):
    P = torch.stack(logits).softmax(-1)
    m = torch.einsum("k,kbc->bc", w, P)
    v = w[:, None] * torch.exp(-(P - m).abs().sum(-1))
    return torch.einsum("kb,kbc->bc", v / v.sum(0), P)


list_halflinlog = Both(list_linear, list_log)


# --- log-probabilities [B, K, C] in and out, each panel's own weights [B, K] ---------------------------------------------------


def logp_linear(L, w):
    return torch.logsumexp(L + w.log().unsqueeze(-1), dim=1)


def logp_log(L, w):
    return F.log_softmax(torch.einsum("bk,bkc->bc", w, L), dim=-1)


def logp_power2(L, w):
    return F.log_softmax(torch.logsumexp(2 * L + w.log()[..., None], dim=1) / 2, dim=-1)


def logp_wsq(L, w):
    return torch.logsumexp(L + F.log_softmax(2 * w.log(), dim=-1)[..., None], dim=1)


def logp_entropyw(L, w):
    P = L.exp()
    v = normalised(w * torch.exp(torch.xlogy(P, P).sum(-1)))
    return torch.log((v[..., None] * P).sum(1))


def logp_max_all(L, w):
    best = L.amax(dim=1)
    return best - best.logsumexp(-1, keepdim=True)


def logp_umedian(L, w):
    K = L.shape[1]
    ascending = L.exp().sort(dim=1).values
    return normalised((ascending[:, (K - 1) // 2] + ascending[:, K // 2]) / 2).log()


def logp_voteshare(L, w):
    votes = F.one_hot(L.argmax(dim=-1), L.shape[-1]).to(w.dtype)
    return torch.log(torch.einsum("bk,bkc->bc", w, votes))


def logp_agree(L, w):
    P = L.exp()
    m = (w[..., None] * P).sum(1, keepdim=True)
    v = normalised(w * torch.exp(-(P - m).abs().sum(-1)))
    return torch.einsum("bk,bkc->bc", v, P).log()


class LogOfBoth(Both):
    def forward(self, L, w):
        return super().forward(L, w).log()


logp_halflinlog = LogOfBoth(lambda L, w: logp_linear(L, w).exp(), lambda L, w: logp_log(L, w).exp())


OPERATORS = "linear log power2 wsq entropyw max_all umedian voteshare agree halflinlog".split()
LAYOUTS = {
    "kbc": {"layout": "K B C"},
    "bkc": {"layout": "B K C", "weights": "B K"},
    "bck": {"layout": "B C K"},
    "list": {"layout": "[B C]", "inputs": "logits"},
    "logp": {"layout": "B K C", "weights": "B K", "inputs": "log-probabilities", "outputs": "log-probabilities"},
}

for _layout, _how in LAYOUTS.items():
    for _name in OPERATORS:
        _spelled = f"{_layout}_{_name}"
        globals()[_spelled] = operator(globals()[_spelled], name=_spelled, **_how)
