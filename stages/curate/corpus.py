"""The kept documents with their split, tokens and weight: what packing reads and the artifacts hold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from k15.artifacts.schemas import DATASETS
from k15.curation import mixture, packing
from k15.curation.document import Document, Domain
from k15.curation.mixture import Split
from k15.curation.packing import Tokens
from k15.progress import Progress
from k15.tokenizer import END_OF_TEXT, Tokenizer
from stages.curate.params import CurateParams

_BATCH = 2000


@dataclass(frozen=True)
class Corpus:
    """Parallel sequences in the order of ids. `tokens` end in the end-of-text token."""

    documents: Sequence[Document]
    splits: Sequence[Split]
    tokens: Sequence[Tokens]
    multiplicities: npt.NDArray[np.float64]
    """How often each is read: a document of the validation split once."""

    def members(self, domain: Domain, split: Split) -> list[int]:
        places = enumerate(zip(self.documents, self.splits, strict=True))
        return [i for i, (document, own) in places if document.domain == domain and own == split]

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows of the `document` schema."""
        for document, split, multiplicity in zip(self.documents, self.splits, self.multiplicities, strict=True):
            yield {
                "id": document.id,
                "text": document.text,
                "domain": document.domain,
                "source": document.source,
                "split": split,
                "weight": float(multiplicity),
                "meta": json.dumps({"language": document.language, **document.meta}, sort_keys=True),
            }


def encode(
    documents: Sequence[Document],
    splits: Sequence[Split],
    tokenizer: Tokenizer,
    params: CurateParams,
    progress: Progress,
) -> Corpus:
    """Tokenize every document, and set how often each domain is read."""
    tokens: list[Tokens] = []
    with progress.task("tokenize", len(documents)) as task:
        for start in range(0, len(documents), _BATCH):
            texts = [document.text for document in documents[start : start + _BATCH]]
            tokens += [np.array([*ids, END_OF_TEXT], np.int32) for ids in tokenizer.encode_batch(texts)]
            task.advance(len(texts))
    lengths, training = np.array([len(ids) for ids in tokens]), np.array([split == "train" for split in splits])
    domains = [document.domain for document in documents]
    read = mixture.multiplicities(params.mixture, domains, lengths, training, params.train_tokens)
    return Corpus(documents, splits, tokens, np.where(training, read, 1.0))


def blocks(corpus: Corpus, domain: Domain, split: Split, params: CurateParams) -> pa.Table:
    """The packed rows of one domain and split: training documents as often as the mixture wants, others
    once."""
    members = corpus.members(domain, split)
    ids, lengths = [corpus.documents[i].id for i in members], [len(corpus.tokens[i]) for i in members]
    drawn = mixture.draw(ids, lengths, corpus.multiplicities[members], params.seed)
    values, offsets = packing.flat([corpus.tokens[members[i]] for i in drawn])
    plan = packing.plan([lengths[i] for i in drawn], params.block_length)
    packed = packing.tables(plan, values, offsets, domain, split)
    return pa.concat_tables([DATASETS["tokens"].columns.empty_table(), *packed])


def tokens(table: pa.Table) -> int:
    """Tokens of documents in packed blocks: all but the padding."""
    return int(pc.sum(pc.list_flatten(table["lengths"])).as_py() or 0)
