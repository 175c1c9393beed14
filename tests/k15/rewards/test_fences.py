import time

import pytest

from k15.rewards.code import fenced_blocks


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("no block", []),
        ("```python\nx = 1\n```", [("python", "x = 1\n")]),
        ("a\n  ``` C++ title\n  x\n\ty\n  ```  \nb\n```\n```", [("c++", "x\ny\n"), ("", "")]),
        ("```py\nx\n```js\ny\n```\n```svg\nnever ends", [("py", "x\n```js\ny\n")]),
    ],
)
def test_fenced_blocks(text: str, blocks: list[tuple[str, str]]) -> None:
    assert fenced_blocks(text) == blocks


def test_fences_that_nothing_closes_take_no_time() -> None:
    begin = time.process_time()
    assert fenced_blocks("```x\n" * 200_000) == []
    assert time.process_time() - begin < 5
