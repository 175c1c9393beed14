"""Weights between megatron's layout and Hugging Face's LLaVA layout, both ways, without changing a bit.

The state-dict adapter of the model: `to_hf` splits megatron's fused matrices (per query group: its queries, one
key, one value; gate and up halves of SwiGLU), `from_hf` fuses them again. It works on full, unsharded tensors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from k15.errors import UserError
from k15.model.config import ModelConfig

_TOWER = "model.vision_tower.vision_model"
_LANGUAGE = "model.language_model"
_UNUSED = f"{_TOWER}.post_layernorm"  # CLIP has it, LLaVA does not use it


@dataclass(frozen=True)
class _Attention:
    heads: int
    kv_heads: int


def _pairs(config: ModelConfig) -> Iterator[tuple[str, str]]:
    """(megatron name, HF name) of every tensor that is the same in both."""
    yield "language.embedding.word_embeddings.weight", f"{_LANGUAGE}.embed_tokens.weight"
    yield "language.decoder.final_layernorm.weight", f"{_LANGUAGE}.norm.weight"
    for i in range(config.layers):
        here, there = f"language.decoder.layers.{i}", f"{_LANGUAGE}.layers.{i}"
        yield f"{here}.input_layernorm.weight", f"{there}.input_layernorm.weight"
        yield f"{here}.pre_mlp_layernorm.weight", f"{there}.post_attention_layernorm.weight"
        yield f"{here}.self_attention.q_layernorm.weight", f"{there}.self_attn.q_norm.weight"
        yield f"{here}.self_attention.k_layernorm.weight", f"{there}.self_attn.k_norm.weight"
        yield f"{here}.self_attention.linear_proj.weight", f"{there}.self_attn.o_proj.weight"
        yield f"{here}.mlp.linear_fc2.weight", f"{there}.mlp.down_proj.weight"
    yield "vision.conv1.weight", f"{_TOWER}.embeddings.patch_embedding.weight"
    yield "vision.position_embeddings.weight", f"{_TOWER}.embeddings.position_embedding.weight"
    for kind in ("weight", "bias"):
        yield f"vision.ln_pre.{kind}", f"{_TOWER}.pre_layrnorm.{kind}"
        for i in range(config.vision_layers):
            here, there = f"vision.decoder.layers.{i}", f"{_TOWER}.encoder.layers.{i}"
            yield f"{here}.input_layernorm.{kind}", f"{there}.layer_norm1.{kind}"
            yield f"{here}.self_attention.linear_proj.{kind}", f"{there}.self_attn.out_proj.{kind}"
            yield f"{here}.pre_mlp_layernorm.{kind}", f"{there}.layer_norm2.{kind}"
            yield f"{here}.mlp.linear_fc1.{kind}", f"{there}.mlp.fc1.{kind}"
            yield f"{here}.mlp.linear_fc2.{kind}", f"{there}.mlp.fc2.{kind}"
        for i in (1, 2):
            yield f"projector.encoder.linear_fc{i}.{kind}", f"model.multi_modal_projector.linear_{i}.{kind}"


def _fused_attention(config: ModelConfig) -> Iterator[tuple[str, str, str, _Attention]]:
    """(megatron name, HF prefix, kind, heads) of every fused query-key-value tensor."""
    language = _Attention(config.heads, config.kv_heads)
    for i in range(config.layers):
        here = f"language.decoder.layers.{i}.self_attention.linear_qkv.weight"
        yield here, f"{_LANGUAGE}.layers.{i}.self_attn", "weight", language
    tower = _Attention(config.vision_heads, config.vision_heads)
    for i in range(config.vision_layers):
        for kind in ("weight", "bias"):
            here = f"vision.decoder.layers.{i}.self_attention.linear_qkv.{kind}"
            yield here, f"{_TOWER}.encoder.layers.{i}.self_attn", kind, tower


def _split_qkv(fused: Tensor, attention: _Attention) -> tuple[Tensor, Tensor, Tensor]:
    per_group = attention.heads // attention.kv_heads
    grouped = fused.reshape(attention.kv_heads, per_group + 2, -1, *fused.shape[1:])
    q, k, v = grouped.split([per_group, 1, 1], dim=1)
    return tuple(x.reshape(-1, *fused.shape[1:]).contiguous() for x in (q, k, v))  # type: ignore[return-value]


def _fuse_qkv(q: Tensor, k: Tensor, v: Tensor, attention: _Attention) -> Tensor:
    head_dim = k.shape[0] // attention.kv_heads
    parts = [x.reshape(attention.kv_heads, -1, head_dim, *x.shape[1:]) for x in (q, k, v)]
    return torch.cat(parts, dim=1).reshape(-1, *q.shape[1:])


def to_hf(state: Mapping[str, Tensor], config: ModelConfig) -> dict[str, Tensor]:
    """Megatron's full tensors -> the tensors of `LlavaForConditionalGeneration`. The output matrix is tied to
    the embedding and not repeated."""
    hf = {there: state[here].detach().contiguous() for here, there in _pairs(config)}
    hf[f"{_TOWER}.embeddings.class_embedding"] = state["vision.class_token"].detach().reshape(-1)
    for here, prefix, kind, attention in _fused_attention(config):
        for name, tensor in zip("qkv", _split_qkv(state[here].detach(), attention), strict=True):
            hf[f"{prefix}.{name}_proj.{kind}"] = tensor
    for i in range(config.layers):
        gate, up = state[f"language.decoder.layers.{i}.mlp.linear_fc1.weight"].detach().chunk(2)
        hf[f"{_LANGUAGE}.layers.{i}.mlp.gate_proj.weight"] = gate.contiguous()
        hf[f"{_LANGUAGE}.layers.{i}.mlp.up_proj.weight"] = up.contiguous()
    for kind, fill in (("weight", torch.ones), ("bias", torch.zeros)):
        hf[f"{_UNUSED}.{kind}"] = fill(config.vision_hidden_size)
    return hf


def from_hf(hf: Mapping[str, Tensor], config: ModelConfig) -> dict[str, Tensor]:
    """The inverse of `to_hf`. Raises UserError when a tensor is missing or left over, and RuntimeError when parts of a
    fused one do not fit together; the caller compares the shapes of the others."""
    left = dict(hf)
    try:
        state = {here: left.pop(there) for here, there in _pairs(config)}
        state["vision.class_token"] = left.pop(f"{_TOWER}.embeddings.class_embedding").reshape(1, 1, -1)
        for here, prefix, kind, attention in _fused_attention(config):
            q, k, v = (left.pop(f"{prefix}.{x}_proj.{kind}") for x in "qkv")
            state[here] = _fuse_qkv(q, k, v, attention)
        for i in range(config.layers):
            halves = [left.pop(f"{_LANGUAGE}.layers.{i}.mlp.{x}_proj.weight") for x in ("gate", "up")]
            state[f"language.decoder.layers.{i}.mlp.linear_fc1.weight"] = torch.cat(halves)
    except KeyError as error:
        raise UserError(f"the Hugging Face checkpoint has no tensor {error}; is it a LLaVA-Qwen3 model?") from None
    if foreign := sorted(left.keys() - {f"{_UNUSED}.weight", f"{_UNUSED}.bias"}):
        raise UserError(
            f"the Hugging Face checkpoint has the tensor {foreign[0]}, which this model lacks;"
            " give a checkpoint of the same architecture and as many layers"
        )
    return state
