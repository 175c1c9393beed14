"""Stage `long2short`: four ways from the long-CoT policy to a short-CoT model."""
