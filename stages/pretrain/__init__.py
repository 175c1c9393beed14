"""Stage `pretrain`: language pretraining."""
