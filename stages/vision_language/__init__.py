"""Stage `vision_language`: vision-language pretraining."""
