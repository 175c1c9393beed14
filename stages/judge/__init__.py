"""Stage `judge`: a model's opinion of every curated document, for `curate.quality.judgements`."""
