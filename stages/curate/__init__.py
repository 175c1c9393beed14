"""Stage `curate`: raw text and pictures become a corpus, a tokenizer and packed token blocks."""
