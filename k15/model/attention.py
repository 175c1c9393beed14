"""Core attention for megatron's layer spec, on `scaled_dot_product_attention`.

Megatron's local attention materialises the S x S scores and wants CUDA RNG state; this one does neither. It runs
on CPU and GPU, causal or not, with an optional mask that keeps packed documents apart. Queries and keys are rotated
here, by megatron's angles: its own unfused rotation takes eight passes over memory and computes every cosine again in
each layer.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from megatron.core.models.common.embeddings.rotary_pos_embedding import RotaryEmbedding
from megatron.core.transformer.enums import AttnMaskType
from megatron.core.transformer.module import MegatronModule

from k15.model.fused import rotate


class SDPAttention(MegatronModule):
    """Grouped-query attention; the constructor has the signature that megatron's spec calls, and two arguments more.

    `batch_first`: tensors are [B, S, heads, D]. No other layer tells rows from positions, so a stack whose attention
    reads [B, S] may be run in that order: neighbouring positions then lie beside each other in memory.
    """

    def __init__(
        self,
        config: Any,
        layer_number: int,
        attn_mask_type: AttnMaskType,
        attention_type: str,
        rotary: RotaryEmbedding | None = None,
        batch_first: bool = False,
        **_: Any,
    ):
        super().__init__(config=config)
        self.causal = attn_mask_type == AttnMaskType.causal
        self.order = (0, 2, 1, 3) if batch_first else (1, 2, 0, 3)
        self.angles = None if rotary is None else rotary.get_cos_sin  # not `rotary`: it is no part of the layer

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
        q, k, v = (x.permute(self.order) for x in (query, key, value))
        if self.angles is not None:
            cos, sin = self.angles(q.shape[2])
            q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        allowed = None if attention_mask is None else ~attention_mask
        causal, grouped = self.causal and allowed is None, k.shape[1] < q.shape[1]
        context = F.scaled_dot_product_attention(q, k, v, attn_mask=allowed, is_causal=causal, enable_gqa=grouped)
        back = [self.order.index(place) for place in range(4)]
        return context.permute(back).reshape(query.shape[0], query.shape[1], -1)


def document_mask(segments_BT: torch.Tensor) -> torch.Tensor:
    """Mask [B, 1, T, T] for packed rows: a token sees the earlier tokens of its own document only.
    True = forbidden. Padding (segment -1) sees itself, so that no row is empty."""
    length = segments_BT.shape[1]
    future = torch.ones(length, length, dtype=torch.bool, device=segments_BT.device).triu(1)
    other = segments_BT[:, :, None] != segments_BT[:, None, :]
    return (other | future)[:, None]
