"""Core attention for megatron's layer spec, on `scaled_dot_product_attention`.

Megatron's local attention materialises the S x S scores and wants CUDA RNG state; this one does neither. It runs
on CPU and GPU, causal or not, with an optional mask that keeps packed documents apart.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from megatron.core.transformer.enums import AttnMaskType
from megatron.core.transformer.module import MegatronModule


class SDPAttention(MegatronModule):
    """Grouped-query attention; the constructor has the signature that megatron's spec calls."""

    def __init__(self, config: Any, layer_number: int, attn_mask_type: AttnMaskType, attention_type: str, **_: Any):
        super().__init__(config=config)
        self.causal = attn_mask_type == AttnMaskType.causal

    def forward(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        **_: Any,
    ) -> torch.Tensor:
        """`query` [S, B, heads, D], `key` and `value` [S, B, kv_heads, D] -> [S, B, heads * D].
        `attention_mask` [B, 1, S, S]: True where attention is forbidden; it replaces the causal mask."""
        q, k, v = (x.permute(1, 2, 0, 3) for x in (query, key, value))
        allowed = None if attention_mask is None else ~attention_mask
        causal, grouped = self.causal and allowed is None, k.shape[1] < q.shape[1]
        context = F.scaled_dot_product_attention(q, k, v, attn_mask=allowed, is_causal=causal, enable_gqa=grouped)
        return context.permute(2, 0, 1, 3).reshape(query.shape[0], query.shape[1], -1)


def document_mask(segments_BT: torch.Tensor) -> torch.Tensor:
    """Mask [B, 1, T, T] for packed rows: a token sees the earlier tokens of its own document only.
    True = forbidden. Padding (segment -1) sees itself, so that no row is empty."""
    length = segments_BT.shape[1]
    future = torch.ones(length, length, dtype=torch.bool, device=segments_BT.device).triu(1)
    other = segments_BT[:, :, None] != segments_BT[:, None, :]
    return (other | future)[:, None]
