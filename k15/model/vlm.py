"""The model: megatron-core's GPT decoder with a CLIP-style tower and an MLP projector (LLaVA's layout).

Every checkpoint of the recipe is this whole model; until the vision stage its tower is untrained.
Guarantees: on CPU the same seed builds the same weights, whatever the tensor-parallel size.
Not covered: pipeline parallelism (the decoder is built with both ends on every rank).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from megatron.core import parallel_state
from megatron.core.fusions.fused_bias_dropout import get_bias_dropout_add
from megatron.core.models.common.embeddings.rotary_pos_embedding import RotaryEmbedding
from megatron.core.models.gpt import GPTModel
from megatron.core.models.vision.clip_vit_model import CLIPViTModel
from megatron.core.models.vision.multimodal_projector import MultimodalProjector
from megatron.core.tensor_parallel.layers import ColumnParallelLinear, RowParallelLinear
from megatron.core.transformer import ModuleSpec, TransformerConfig
from megatron.core.transformer.attention import SelfAttention, SelfAttentionSubmodules
from megatron.core.transformer.enums import AttnMaskType
from megatron.core.transformer.identity_op import IdentityOp
from megatron.core.transformer.mlp import MLP, MLPSubmodules
from megatron.core.transformer.module import MegatronModule
from megatron.core.transformer.torch_norm import WrappedTorchNorm
from megatron.core.transformer.transformer_layer import TransformerLayer, TransformerLayerSubmodules
from megatron.core.utils import init_method_normal, scaled_init_method_normal
from torch import Tensor

from k15.errors import UserError
from k15.model import parallel
from k15.model.attention import SDPAttention, document_mask
from k15.model.config import ModelConfig
from k15.model.fused import RMSNorm, swiglu
from k15.tokenizer import IMAGE

_MLP = MLPSubmodules(linear_fc1=ColumnParallelLinear, linear_fc2=RowParallelLinear)
_GATED_MLP = replace(_MLP, activation_func=swiglu)


def _layer_spec(mask: AttnMaskType, norm: type, head_norm: type, mlp: MLPSubmodules, core: Any) -> ModuleSpec:
    return ModuleSpec(
        module=TransformerLayer,
        submodules=TransformerLayerSubmodules(
            input_layernorm=norm,
            self_attention=ModuleSpec(
                module=SelfAttention,
                params={"attn_mask_type": mask},
                submodules=SelfAttentionSubmodules(
                    linear_qkv=ColumnParallelLinear,
                    core_attention=core,
                    linear_proj=RowParallelLinear,
                    q_layernorm=head_norm,
                    k_layernorm=head_norm,
                ),
            ),
            self_attn_bda=get_bias_dropout_add,
            pre_mlp_layernorm=norm,
            mlp=ModuleSpec(module=MLP, submodules=mlp),
            mlp_bda=get_bias_dropout_add,
        ),
    )


def _decoder_spec(config: ModelConfig) -> ModuleSpec:
    rotary = RotaryEmbedding(
        config.head_dim, 1.0, rotary_base=config.rope_base, use_cpu_initialization=not torch.cuda.is_available()
    )
    core = partial(SDPAttention, rotary=rotary, batch_first=True)
    return _layer_spec(AttnMaskType.causal, RMSNorm, RMSNorm, _GATED_MLP, core)


def _tower_spec() -> ModuleSpec:
    return _layer_spec(AttnMaskType.no_mask, WrappedTorchNorm, IdentityOp, _MLP, SDPAttention)


def _common(config: ModelConfig, layers: int) -> dict[str, object]:
    return {
        "tensor_model_parallel_size": parallel_state.get_tensor_model_parallel_world_size(),
        "attention_dropout": 0.0,
        "hidden_dropout": 0.0,
        "persist_layer_norm": False,
        "masked_softmax_fusion": False,
        "bias_activation_fusion": False,
        "bias_dropout_fusion": False,
        "gradient_accumulation_fusion": False,
        "use_cpu_initialization": not torch.cuda.is_available(),
        "init_method": init_method_normal(config.init_std),
        "output_layer_init_method": scaled_init_method_normal(config.init_std, layers),
    }


def decoder_config(config: ModelConfig) -> TransformerConfig:
    """Qwen3's decoder in megatron's terms: RMSNorm, SwiGLU, GQA, query/key norms, no biases."""
    return TransformerConfig(
        num_layers=config.layers,
        hidden_size=config.hidden_size,
        num_attention_heads=config.heads,
        num_query_groups=config.kv_heads,
        kv_channels=config.head_dim,
        ffn_hidden_size=config.ffn_size,
        normalization="RMSNorm",
        layernorm_epsilon=1e-6,
        gated_linear_unit=True,
        activation_func=F.silu,
        use_te_activation_func=True,  # megatron's name for an activation that its spec brings: `swiglu`
        add_bias_linear=False,
        qk_layernorm=True,
        **_common(config, config.layers),
    )


def tower_config(config: ModelConfig) -> TransformerConfig:
    """CLIP's encoder in megatron's terms: LayerNorm, biases, exact GELU."""
    return TransformerConfig(
        num_layers=config.vision_layers,
        hidden_size=config.vision_hidden_size,
        num_attention_heads=config.vision_heads,
        ffn_hidden_size=config.vision_ffn_size,
        normalization="LayerNorm",
        layernorm_epsilon=1e-5,
        activation_func=F.gelu,
        add_bias_linear=True,
        **_common(config, config.vision_layers),
    )


def projector_config(config: ModelConfig) -> TransformerConfig:
    """LLaVA's two-layer projector: width of the decoder, GELU, biases."""
    return TransformerConfig(
        num_layers=1,
        hidden_size=config.hidden_size,
        num_attention_heads=parallel_state.get_tensor_model_parallel_world_size(),  # unused, but checked
        ffn_hidden_size=config.hidden_size,
        activation_func=F.gelu,
        add_bias_linear=True,
        **_common(config, 1),
    )


class VisionLanguageModel(MegatronModule):
    """`language` (GPT), `vision` (tower), `projector`. Build it with `build`."""

    def __init__(self, config: ModelConfig) -> None:
        decoder = decoder_config(config)
        super().__init__(config=decoder)
        self.shape = config
        self.language = GPTModel(
            decoder,
            _decoder_spec(config),
            vocab_size=config.vocab_size,
            max_sequence_length=config.max_length,
            position_embedding_type="none",  # the core attention rotates
            share_embeddings_and_output_weights=True,
        )
        self.vision = CLIPViTModel(
            tower_config(config),
            _tower_spec(),
            ln_pre_impl=WrappedTorchNorm,
            patch_dim=config.patch_size,
            img_h=config.image_size,
            img_w=config.image_size,
        )
        # Megatron's positions have unit scale: its patches, at a fifth of that, would drown in them.
        patches = self.vision.conv1.weight
        torch.nn.init.normal_(patches, std=2 * patches[0].numel() ** -0.5)
        self.projector = MultimodalProjector(projector_config(config), _MLP, "mlp", config.vision_hidden_size)

    def forward(
        self,
        tokens_BT: Tensor,
        images_NCHW: Tensor | None = None,
        segments_BT: Tensor | None = None,
        patches_BT: Tensor | None = None,
    ) -> Tensor:
        """Final hidden states [B, T, H]. `patches_BT` marks the positions that the pictures' patches take, in order
        (every `<image>` token by default). With `segments_BT` a token attends within its own document only."""
        language = self.language
        hidden_BTH = language.embedding(input_ids=tokens_BT, position_ids=None).transpose(0, 1).contiguous()
        if images_NCHW is not None and len(images_NCHW):
            places_BT = tokens_BT == IMAGE if patches_BT is None else patches_BT  # pictures follow the row order
            hidden_BTH = hidden_BTH.masked_scatter(places_BT[:, :, None], self.encode_images(images_NCHW))
        mask = None if segments_BT is None else document_mask(segments_BT)
        result: Tensor = language.decoder(hidden_states=hidden_BTH, attention_mask=mask)
        return result

    def encode_images(self, images_NCHW: Tensor) -> Tensor:
        """Decoder inputs of the pictures' patches [N * patches, H]; the class token is dropped."""
        features = self.vision(images_NCHW)[:, 1:]
        projected = self.projector(features.transpose(0, 1).contiguous())  # megatron's order: [patches, N, H]
        return projected.transpose(0, 1).reshape(-1, projected.shape[-1])

    def output_weight(self) -> Tensor:
        """This rank's rows of the (tied) output matrix [V / tp, H]."""
        return self.language.shared_embedding_or_output_weight()

    def sharded_state_dict(
        self, prefix: str = "", sharded_offsets: Sequence = (), metadata: dict | None = None
    ) -> dict:
        state: dict = {}
        for name, child in self.named_children():
            state.update(child.sharded_state_dict(f"{prefix}{name}.", sharded_offsets, metadata))
        return state


def build(config: ModelConfig, seed: int, tensor_parallel: int = 1) -> VisionLanguageModel:
    """A freshly initialised model on this rank's device."""
    for name in ("hidden_size", "heads", "kv_heads", "ffn_size", "vision_heads", "vision_ffn_size", "vocab_size"):
        if (size := getattr(config, name)) % tensor_parallel:
            raise UserError(f"tensor_parallel {tensor_parallel} does not divide the model's {name}, {size}; lower it")
    parallel.initialize(tensor_parallel)
    torch.manual_seed(seed)
    if torch.cuda.is_available():
        from megatron.core.tensor_parallel.random import model_parallel_cuda_manual_seed

        model_parallel_cuda_manual_seed(seed)
    return VisionLanguageModel(config).to(parallel.device())
