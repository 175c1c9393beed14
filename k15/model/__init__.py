"""The multimodal model: megatron-core parts, checkpoints, Hugging Face export."""

from k15.model import cpu_backend

# Megatron must find its device answers in place, whichever of its modules is imported first.
cpu_backend.enable()
