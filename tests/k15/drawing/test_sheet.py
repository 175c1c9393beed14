import io

import pytest
from PIL import Image

from k15.drawing.sheet import contact_sheet


def picture(size: tuple[int, int], colour: str) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, colour).save(target, "PNG")
    return target.getvalue()


def share(sheet: Image.Image, colour: tuple[int, int, int]) -> float:
    data = sheet.tobytes()
    return sum(data[at : at + 3] == bytes(colour) for at in range(0, len(data), 3)) / (len(data) // 3)


def test_the_size_depends_on_the_number_of_documents_alone() -> None:
    small = [("a text " * number, [picture((4, 4), "red")]) for number in range(6)]
    large = [("<image>" * 40, [picture((900, 700), "blue")] * 40)] * 6
    sizes = {contact_sheet(documents, columns=3).size for documents in (small, large)}
    ((width, height),) = sizes
    assert width > 900 and height > 600
    assert contact_sheet(small).tobytes() == contact_sheet(small).tobytes()


def test_small_pictures_are_enlarged_and_large_ones_made_small() -> None:
    for size in ((4, 3), (40, 30), (4000, 3000)):
        sheet = contact_sheet([("<image> a wall", [picture(size, "red")])])
        assert share(sheet, (255, 0, 0)) > 0.3


@pytest.mark.parametrize("text", ["", "<image>", "答" * 400, "word " * 400, "```svg\n<svg/>\n```", "w" * 3000])
def test_any_text_fits(text: str) -> None:
    assert contact_sheet([(text, [])]).size == contact_sheet([("a", [])]).size
