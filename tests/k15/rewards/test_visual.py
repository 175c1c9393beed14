"""Drawings of responses, rendered and run on the real sandbox and compared with a target."""

import base64
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from k15.errors import UserError
from k15.rewards import score, score_batch, visual
from k15.rewards.__main__ import run
from k15.rewards.verdict import Verdict
from k15.sandbox import Sandbox
from k15.sandbox.remote import RemoteSandbox

SIZE = 'width="200" height="100"'
SHAPES = (
    '<rect x="10" y="20" width="60" height="60" fill="#1f77b4"/>'
    '<circle cx="140" cy="50" r="35" fill="none" stroke="#d62728" stroke-width="4"/>'
)


def drawn(content: str, attributes: str = SIZE) -> str:
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {spaces} {attributes}>{content}</svg>"


DRAWING = drawn(SHAPES)
PLOT = """import matplotlib.pyplot as plt
fig, ax = plt.subplots(figsize=(4, 3))
ax.bar(["a", "b", "c"], [3, 7, 5], color="#1f77b4")
ax.set_title("Sales")
"""


@pytest.fixture(scope="module", autouse=True)
def drawable() -> None:
    """The tests are skipped, with the reason, where the sandbox lacks a layer of isolation or the packages."""
    try:
        visual.verify_svg([], [], "rl")
    except UserError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def target() -> bytes:
    """DRAWING, as another renderer could have drawn it."""
    import resvg_py

    return resvg_py.svg_to_bytes(svg_string=DRAWING, background="white", skip_system_fonts=True)


@pytest.fixture(scope="module")
def plotted() -> bytes:
    figure = pytest.importorskip("matplotlib.figure").Figure(figsize=(4, 3))
    axes = figure.add_subplot()
    axes.bar(["a", "b", "c"], [3, 7, 5], color="#1f77b4")
    axes.set_title("Sales")
    file = io.BytesIO()
    figure.savefig(file)
    return file.getvalue()


def fenced(content: str, tag: str = "svg") -> str:
    return f"<think>```{tag}\nno\n```</think>Here it is:\n```{tag}\n{content}\n```\n"


def judged(target: bytes, svg: str, **fields: Any) -> Verdict:
    return score({"verifier": "svg", "target": target, **fields}, fenced(svg))


def of_plot(target: bytes, program: str, **fields: Any) -> Verdict:
    return score({"verifier": "plot", "target": target, **fields}, fenced(program, "python"))


@pytest.mark.parametrize(
    "response",
    [
        fenced(DRAWING),
        fenced(DRAWING, "xml"),
        f"<svg>{SHAPES}</svg> is a draft; here is\n{DRAWING}\nDone.",
        f"```html\n<p>{DRAWING}</p>\n```",
        fenced(f'<?xml version="1.0" encoding="UTF-8"?>\n{DRAWING}'),
        fenced(drawn(DRAWING, 'viewBox="0 0 200 100"')),
    ],
)
def test_an_svg_is_found_and_drawn(target: bytes, response: str) -> None:
    verdict = score({"verifier": "svg", "target": target}, response)
    assert (verdict.verdict, verdict.reward) == ("correct", pytest.approx(1.0, abs=0.01)), verdict


@pytest.mark.parametrize("response", ["", "No.", f"<think>{DRAWING}</think>A square.", f"<think>{DRAWING}", "<svg>"])
def test_no_svg_is_wrong(target: bytes, response: str) -> None:
    assert score({"verifier": "svg", "target": target}, response) == Verdict.wrong("no drawing")


def test_rewards_fall_with_what_is_wrong(target: bytes) -> None:
    drawings = [
        DRAWING,
        DRAWING.replace('x="10"', 'x="11"'),
        DRAWING.replace("#1f77b4", "#2ca02c"),
        drawn('<text y="50" font-size="40">square</text>'),
        drawn(""),
    ]
    verdicts = [judged(target, drawing) for drawing in drawings]
    rewards = [verdict.reward for verdict in verdicts]
    assert rewards == sorted(rewards, reverse=True)
    assert [verdict.verdict for verdict in verdicts] == ["correct", "correct", "wrong", "wrong", "wrong"]
    assert rewards[-1] == 0.0
    assert judged(target, drawings[2], threshold=0.1).verdict == "correct"


def test_another_shape_of_the_page_costs(target: bytes) -> None:
    stretched = drawn(SHAPES, 'width="200" height="200" viewBox="0 0 200 100" preserveAspectRatio="none"')
    assert judged(target, stretched).reward == pytest.approx(0.5, abs=0.05)


ENTITIES = "".join(f'<!ENTITY a{index} "{f"&a{index - 1};" * 10}">' for index in range(1, 12))
USES = "".join(f'<g id="g{index}">' + f'<use xlink:href="#g{index - 1}"/>' * 10 + "</g>" for index in range(1, 12))
TURBULENCE = '<feTurbulence numOctaves="99999"/>' * 99
FILTERED = f'<rect {SIZE} filter="url(#f)"/>' * 99
HOSTILE = {
    "external entity": f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>{drawn("<text>&x;</text>")}',
    "billion laughs": f'<!DOCTYPE svg [<!ENTITY a0 "ha">{ENTITIES}]>{drawn("<text>&a11;</text>")}',
    "quadratic entity": f'<!DOCTYPE svg [<!ENTITY a "{"a" * 50000}">]>{drawn("<text>" + "&a;" * 2000 + "</text>")}',
    "file": drawn(f'<image xlink:href="file:///etc/passwd" {SIZE}/>'),
    "network": drawn(f'<image xlink:href="http://127.0.0.1:9/a.png" {SIZE}/>'),
    "giant": drawn(SHAPES, 'width="1e9" height="1e9"'),
    "giant width": drawn(SHAPES, 'width="1000000" height="1"'),
    "no size": drawn(SHAPES, 'width="0" height="0"'),
    "script": drawn("<script>while (true) {}</script>", f'{SIZE} onload="stop()"'),
    "uses of uses": drawn(f'<g id="g0"><rect/></g>{USES}'),
    "use of itself": drawn('<g id="a"><use xlink:href="#a"/></g>'),
    "deep": drawn("<g>" * 100000 + "</g>" * 100000),
    "filters": drawn(f'<filter id="f">{TURBULENCE}</filter>{FILTERED}'),
    "no XML": "<svg <svg",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_svg_is_wrong_and_harmless(target: bytes, name: str) -> None:
    verdict = judged(target, HOSTILE[name], limits={"cpu_s": 1})
    assert (verdict.verdict, round(verdict.reward, 1)) == ("wrong", 0.0), verdict
    assert verdict.cpu_s < 1.2


def test_what_is_referred_to_is_left_out(target: bytes) -> None:
    with_image = DRAWING.replace("</svg>", f'<image xlink:href="file:///etc/passwd" {SIZE}/></svg>')
    assert judged(target, with_image).reward == judged(target, DRAWING).reward


@pytest.mark.parametrize(
    "end",
    [
        "",
        "plt.show()",
        "plt.savefig('out.png')\nplt.close()",
        "plt.savefig('/tmp/out.png', dpi=200)\nplt.close('all')",
        "plt.savefig('a.pdf')",
        "plt.savefig('a.jpg')\nimport sys\nsys.exit()",
        "print('x' * 10_000_000)",
    ],
)
def test_a_plot_is_found_however_it_ends(plotted: bytes, end: str) -> None:
    verdict = of_plot(plotted, PLOT + end)
    assert (verdict.verdict, verdict.reward) == ("correct", pytest.approx(1.0, abs=0.05)), verdict


def test_the_record_may_name_the_file(plotted: bytes) -> None:
    program = PLOT + "plt.savefig('right.png')\nplt.clf()\nplt.savefig('later.png')"
    assert of_plot(plotted, program).verdict == "wrong"
    assert of_plot(plotted, program, picture="right.png").verdict == "correct"
    assert "wrote no other.png" in of_plot(plotted, program, picture="other.png").why


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (PLOT.replace("#1f77b4", "red"), "colour 0.0"),
        (PLOT.replace("3, 7, 5", "7, 2, 3"), "structure 0."),
        ("x = 1", "drew no picture"),
        (PLOT + "1 / 0", "ZeroDivisionError"),
        ("def f(:", "SyntaxError"),
        (PLOT + "import os; os._exit(0)", "no picture came out"),
        ("while True: pass", "cpu limit"),
        ("x = [0] * 10**9", "memory limit"),
        ("import os\nwhile True: os.fork()", "runtime error"),
        ("from PIL import Image\nImage.new('1', (30000, 30000)).save('a.png')", ""),
        (PLOT + "fig.set_size_inches(1000, 1000)", ""),
        ("import os\nos.symlink('/etc/passwd', 'a.png')", "cannot identify"),
        ("import os\nos.mkfifo('a.png')", "drew no picture"),
        ("import os\nfor d in range(1, 20):\n  try: os.write(d, b'5 5\\n' + bytes(75))\n  except OSError: pass", ""),
        ("open('a.png', 'wb').write(bytes.fromhex('89504e470d0a1a0a') + bytes(99))", "cannot identify"),
    ],
)
def test_a_plot_that_is_wrong_or_hostile(plotted: bytes, program: str, why: str) -> None:
    verdict = of_plot(plotted, program, limits={"cpu_s": 2})
    assert verdict.verdict == "wrong", verdict
    assert why in verdict.why
    assert verdict.reward < 0.5


def test_verdicts_depend_on_neither_order_nor_batch(target: bytes, plotted: bytes) -> None:
    drawings = [DRAWING, HOSTILE["giant"], HOSTILE["no XML"], DRAWING.replace("50", "55"), "no"]
    cases = [({"verifier": "svg", "target": target}, fenced(drawing)) for drawing in drawings]
    cases += [({"verifier": "plot", "target": plotted}, fenced(program, "python")) for program in (PLOT, "1 / 0")]
    alone = [score(record, response) for record, response in cases]
    for order in (range(7), (6, 3, 0, 5, 2, 1, 4), [0] * 4 + [3] * 4):
        batch = score_batch([cases[index][0] for index in order], [cases[index][1] for index in order])
        assert batch == [alone[index] for index in order]


def test_a_target_as_text(target: bytes, tmp_path: Path) -> None:
    (tmp_path / "target.png").write_bytes(target)
    address = f"data:image/png;base64,{base64.b64encode(target).decode()}"
    for text in (address, str(tmp_path / "target.png")):
        assert score({"verifier": "svg", "target": text}, fenced(DRAWING)).verdict == "correct"


@pytest.mark.parametrize("wrong", [None, "", 3, "data:image/png;base64,%%", "/no/such/file.png", "a\0b"])
def test_a_record_without_a_target_is_the_users_mistake(wrong: object) -> None:
    with pytest.raises(UserError, match="mend the record"):
        score({"verifier": "svg", "target": wrong}, fenced(DRAWING))


@pytest.mark.parametrize("wrong", [True, "high", 1.5, math.nan])
def test_a_threshold_is_a_number_from_0_to_1(target: bytes, wrong: object) -> None:
    with pytest.raises(UserError, match="threshold"):
        judged(target, DRAWING, threshold=wrong)


def test_a_target_that_is_no_picture_is_an_error() -> None:
    assert judged(b"no picture", DRAWING).verdict == "error"


def test_what_the_sandbox_cannot_run_is_an_error(target: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    unreachable = RemoteSandbox("http://127.0.0.1:9", slots=1, patience_s=0)
    monkeypatch.setattr(visual, "shared_sandbox", lambda: unreachable)
    verdict = judged(target, DRAWING)
    assert verdict.verdict == "error" and math.isnan(verdict.reward)


def test_packages_that_the_sandbox_lacks_are_the_users_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visual, "_NEEDED", ("numpy", "no_such_package"))
    with Sandbox(1) as sandbox:
        monkeypatch.setattr(visual, "shared_sandbox", lambda: sandbox)
        with pytest.raises(UserError, match="has no no_such_package; install"):
            visual.verify_svg([], [], "rl")


def test_large_and_transparent_targets() -> None:
    large = Image.new("RGBA", (3000, 1500), (0, 0, 0, 0))
    large.paste((31, 119, 180, 255), (150, 300, 1050, 1200))
    file = io.BytesIO()
    large.save(file, "PNG")
    square = drawn('<rect x="10" y="20" width="60" height="60" fill="#1f77b4"/>')
    assert judged(file.getvalue(), square).reward > 0.95


def test_from_the_command_line(target: bytes, tmp_path: Path) -> None:
    (tmp_path / "target.png").write_bytes(target)
    rows = [
        {"id": name, "verifier": "svg", "target": str(tmp_path / "target.png"), "response": fenced(svg)}
        for name, svg in (("good", DRAWING), ("bad", "<svg/>"))
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run(str(tmp_path / "rows.jsonl"), "rl", tmp_path / "verdicts.jsonl") == 0
    verdicts = [json.loads(line) for line in (tmp_path / "verdicts.jsonl").read_text().splitlines()]
    assert [(row["id"], row["verdict"]) for row in verdicts] == [("good", "correct"), ("bad", "wrong")]
