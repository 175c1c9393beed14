"""Stage `long_context`: long-context activation."""
