import gzip
import json
import os
import tarfile
from pathlib import Path

import pytest

from k15.curation.document import Document
from k15.curation.measures import examine

DATA = Path(os.environ.get("K15_DATA", Path(__file__).parents[5] / "shared" / "data"))


def of(text):
    return examine(Document("source/1", text, "chinese", "source", "zh"))


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("punctuation_share", "好，好。", 0.5),
        ("mean_sentence_length", "好。很好！你也好", 2),
        ("repeated_sentences", "很好。很好。你也好。很好！", 0.5),
        ("repeated_sentence_characters", "很好。很好。你也好。", 2 / 7),
        ("longest_unbroken", "学而时习之，不亦说乎", 5),
        ("advertising_share", "免费注册会员吗好的呢", 0.6),
        ("traditional_share", "國國國国", 0.75),
        ("traditional_share", "学而時习之", 1 / 3),  # 時 against 学 and 习
        ("traditional_share", "人山水", 0),
    ],
)
def test_values(name, text, value):
    assert of(text).measures[name] == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "script"),
    [("這個國家的歷史", "traditional"), ("这个国家的历史", "simplified"), ("國和国", "both"), ("人山水", "either")],
)
def test_script(text, script):
    assert of(text).labels["script"] == script


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the real data is not at {DATA} (set K15_DATA)")
def test_classical_books_and_poems_are_clean_chinese():
    with tarfile.open(DATA / "chinese_books/论语.tar.gz") as archive:
        books = [archive.extractfile(m).read().decode() for m in archive if m.name.endswith("text.txt")]
    with gzip.open(DATA / "chinese_poetry/poet.tang.0.json.gz", "rt", encoding="utf-8") as stream:
        poems = ["\n".join(poem["paragraphs"]) for poem in json.load(stream)]
    for texts, script in ((books, "simplified"), (poems, "traditional")):
        found = [of(text) for text in texts if text.strip()]
        assert all(one.labels["identified_language"] == "zh" and one.measures["language_match"] for one in found)
        assert sum(one.labels["script"] == script for one in found) > 0.95 * len(found)
        assert max(one.measures["advertising_share"] for one in found) < 0.05
