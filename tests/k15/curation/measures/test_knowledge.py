import pytest

from k15.curation.document import Document
from k15.curation.measures import examine

TEXTS = {
    "encyclopaedic": "Lake Baikal is a rift lake located in Russia. It is the deepest lake, known as a pearl.",
    "textbook": "In this chapter we define the limit. Example 1: suppose x is small; therefore, by the theorem, "
    "so is f. See the exercises of this section.",
    "question_answer": "Q: Who wrote it?\nA: Homer did.\nQ: When was that?\nA: Long ago.",
    "list": "- Home\n- News\n- About us\n- Contact\nLog in",
    "advertising": "Buy now! Free shipping on every order. Best price $19.99, limited time offer. Add to cart.",
    "legal": "The licensee shall indemnify the licensor hereunder, notwithstanding any provision of this agreement.",
    "other": "It rained all night long.",
}


def of(text, language="en"):
    return examine(Document("source/1", text, "knowledge", "source", language))


@pytest.mark.parametrize("kind", TEXTS)
def test_document_types(kind):
    assert of(TEXTS[kind]).labels["document_type"] == kind


def test_teaching_is_worth_more_than_selling():
    value = {kind: of(text).measures["educational_value"] for kind, text in TEXTS.items()}
    assert min(value["textbook"], value["encyclopaedic"]) > 0.35 > 0.2 > max(value["advertising"], value["list"])
    taught = of("Iron rusts because it reacts with oxygen. This process is called oxidation; for example, a nail.")
    assert (
        taught.measures["educational_value"]
        > of("I went there with him and we had some tea.").measures["educational_value"]
    )


@pytest.mark.parametrize(
    ("text", "quality"),
    [
        ("McDonald met iPhone users: H2O, XIV, J. Smith, 1984", 1),
        ("tbe c4t sat bcdfghk thhhhe maTch", 2 / 6),  # tbe and sat pass
        ("a\ufffd b", 0),
    ],
)
def test_ocr_quality(text, quality):
    assert of(text).measures["ocr_quality"] == pytest.approx(quality)
