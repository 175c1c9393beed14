"""What a stage's progress looks like on a terminal: a real one, whose screen is then read."""

import contextlib
import os
import pty
import subprocess
import sys
import termios
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
from pipelines.events import Line, Progress
from pipelines.terminal import Terminal

terminal = Terminal("rl")
for iteration in range(3):
    terminal.show(Progress("rl", iteration, 3, {"accuracy": iteration / 4}))
    for done in (1, 2):
        terminal.show(Progress("responses", done, 2, {"tokens/s": 100.0 * done}, 1))
    terminal.show(Line(f"line {iteration}"))
terminal.show(Progress("rl", 3, 3, {"accuracy": 0.75}))
terminal.close()
"""


def screen(output: str) -> list[str]:
    """The lines that are left on a terminal which gets `output`: of a line that is written over, the last state."""
    lines, row, column = [""], 0, 0
    position = 0
    while position < len(output):
        if output.startswith("\x1b[A", position):
            row, position = row - 1, position + 3
            continue
        character, position = output[position], position + 1
        if character == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif character == "\r":
            column = 0
        else:
            lines[row] = lines[row].ljust(column)[:column] + character + lines[row][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines if line.strip()]


def run_on_terminal(program: str) -> str:
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (40, 100))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", program], stdout=follower, stderr=follower, env=environment)
    os.close(follower)
    output = b""
    with os.fdopen(leader, "rb", buffering=0) as terminal, contextlib.suppress(OSError):  # EIO: nobody writes any more
        while data := terminal.read(4096):
            output += data
    assert process.wait() == 0
    return output.decode()


def test_inner_bars_go_and_outer_ones_stay() -> None:
    output = run_on_terminal(PROGRAM)
    assert "responses: 100%" in output and "tokens/s=200" in output
    left = screen(output)
    assert [line for line in left if line.startswith("line")] == ["line 0", "line 1", "line 2"]
    bars = [line for line in left if "|" in line]
    assert len(bars) == 1 and "3/3" in bars[0] and "accuracy=0.75" in bars[0]
