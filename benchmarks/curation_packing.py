"""Best-fit packing beside concatenate-and-chop: how full the blocks are, how many documents are cut, tokens/s.

Three corpora: the bundled generators' documents in the default proportions at the default block length; the texts of
the real data sets (set K15_DATA), with a tokenizer trained on them; and log-normal lengths as web pages have them, at
the lengths of long-context training.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.verifiers import DATA, gzipped_rows
from k15.curation import generators, packing
from k15.curation.document import DOMAINS
from k15.tokenizer import END_OF_TEXT, Tokenizer

LENGTHS = (4096, 32768, 131072)
SHARE = {"english": 3200, "chinese": 1700, "code": 2500, "math": 8500, "knowledge": 3000}
REAL = {
    "c4_sample/c4_demo_subset.jsonl.gz": ("text",),
    "gsm8k/train.jsonl.gz": ("question", "answer"),
    "math_test_other/test_subset.jsonl.gz": ("problem", "solution"),
    "mbpp/mbpp_subset.jsonl.gz": ("text", "code"),
}


def measure() -> None:
    documents = [d.text for domain in DOMAINS for d in generators.generate(domain, SHARE[domain], 0.0, 1)]
    compare("bundled documents", encoded(documents, 512), 256)
    try:
        texts = list(real_texts())
    except FileNotFoundError as error:
        print(f"real texts: left out, {error.filename} is absent (set K15_DATA to the folder of the data sets)")
    else:
        tokens = encoded(texts, 4096)
        for length in (1024, 4096):
            compare("real texts", tokens, length)
    for length in LENGTHS:
        compare("log-normal lengths", lognormal(200_000), length)


def compare(what: str, documents: Sequence[packing.Tokens], length: int) -> None:
    values, offsets = packing.flat(documents)
    lengths = np.array([len(document) for document in documents])
    started = time.perf_counter()
    plan = packing.plan(lengths, length)
    rows = sum(table.num_rows for table in packing.tables(plan, values, offsets, "pretrain", "english", "train"))
    ours = time.perf_counter() - started
    started = time.perf_counter()
    chopped = values[: len(values) // length * length].reshape(-1, length).copy()
    theirs = time.perf_counter() - started
    borders = np.arange(1, len(chopped) + 1) * length
    ends = offsets + lengths
    torn = len(np.unique(np.searchsorted(ends, borders[~np.isin(borders, ends)], side="right")))
    print(
        f"{what} at {length}: {len(lengths)} documents, {plan.tokens / 1e6:.1f}M tokens, {rows} blocks\n"
        f"  best fit: {plan.occupancy:.2%} full, {plan.cut} documents cut ({int((lengths > length).sum())} are longer"
        f" than a block), {plan.tokens / ours / 1e6:.0f}M tokens/s\n"
        f"  chop: {chopped.size / len(values):.2%} of the tokens kept, {torn} documents cut,"
        f" {chopped.size / theirs / 1e6:.0f}M tokens/s"
    )


def encoded(texts: Sequence[str], vocabulary: int) -> list[packing.Tokens]:
    tokenizer = Tokenizer.train(texts, vocabulary)
    return [np.array([*ids, END_OF_TEXT], np.int32) for ids in tokenizer.encode_batch(list(texts))]


def lognormal(count: int) -> list[packing.Tokens]:
    """Half of them below 600 tokens, a few of tens of thousands."""
    lengths = np.random.default_rng(1).lognormal(6.4, 1.1, count)
    return [np.ones(max(int(length), 8), np.int32) for length in lengths]


def real_texts() -> Iterator[str]:
    for name, fields in REAL.items():
        for row in gzipped_rows(DATA / name):
            yield "\n".join(row[field] for field in fields)


if __name__ == "__main__":
    measure()
