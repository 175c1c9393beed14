import os
import re
import zipfile
from pathlib import Path

import pytest

from k15.curation.document import Document
from k15.curation.measures import examine, identify

DATA = Path(os.environ.get("K15_DATA", Path(__file__).parents[5] / "shared" / "data"))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The cat sat on the mat and was glad of it.", "en"),
        ("Die Katze saß auf der Matte und freute sich darüber.", "de"),
        ("Le chat était assis sur le tapis et en était content.", "fr"),
        ("猫坐在垫子上，很高兴。", "zh"),
        ("貓坐在墊子上，很高興。", "zh"),
        ("学而时习之不亦说乎", "zh"),
        ("猫はマットの上に座って、とても喜んでいました。", "ja"),
        ("고양이가 매트 위에 앉아 있었다.", "ko"),
        ("使用 Python 和 NumPy 处理数据，比 Java 快。", "zh"),
        ("12 + 30 = 42", "und"),
        ("", "und"),
        ("\x01\ufffe", "und"),
    ],
)
def test_identify(text, language):
    found, share = identify(text)
    assert found == language
    assert (share == 0) if language == "und" else (0.5 <= share <= 1)


@pytest.mark.parametrize(
    ("text", "language", "match"),
    [
        ("Die Katze saß auf der Matte und freute sich.", "en", 0),
        ("The cat sat on the mat.", "en", 1),
        ("12 + 30 = 42", "en", 1),
        (r"\begin{align*} x^2 + y^2 &= 25, \\ x + y &= 7 \end{align*} " * 5, "en", 1),
        ("Упкатңи илэл Буга̄ду бидерӣтын гӯнмувнэ, гавча̄ упкат бэел ургэт. " * 20, "en", 0),  # Evenki
        ("猫坐在垫子上，很高兴。", "zh", 1),
        ("猫坐在垫子上，很高兴。", "en", 0),
    ],
)
def test_only_another_language_is_a_mismatch(text, language, match):
    examined = examine(Document("source/1", text, "english", "source", language))
    assert examined.measures["language_match"] == match
    assert examined.labels == {"identified_language": identify(text)[0]}


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the real data is not at {DATA} (set K15_DATA)")
def test_the_declaration_of_human_rights():
    """Pieces of 200 characters: neither English nor Chinese is missed, and no other language is taken for them."""
    names = {
        "en": ("eng",),
        "zh": ("cmn_hans", "cmn_hant"),
        "": ("fra", "spa", "ita", "nld", "jpn", "kor", "rus", "vie"),
    }
    with zipfile.ZipFile(DATA / "nltk_corpora/udhr2.zip") as archive:
        for language, files in names.items():
            for name in files:
                text = re.sub(r"\s+", " ", archive.read(f"udhr2/{name}.txt").decode().split("---", 1)[-1])[200:]
                pieces = [text[start : start + 200] for start in range(0, len(text) - 200, 200)]
                found = [identify(piece)[0] for piece in pieces]
                assert len(pieces) > 10
                assert set(found) == {language} if language else not {"en", "zh"} & set(found), name
