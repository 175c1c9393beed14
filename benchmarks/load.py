"""Whether verdicts depend on load: the same 500 programs one at a time, and with 32 clients at once.

The programs end in every way there is, each far enough from its limits that its verdict is a fact about the program.
"""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from k15.sandbox import Limits, Sandbox

PROGRAMS = 500
CLIENTS = 32
REPEATS = 3
LIMITS = Limits(cpu_s=0.3, wall_s=30, memory_mib=128, output_kib=64, processes=16)
SLEEPY = Limits(cpu_s=0.3, wall_s=0.7, memory_mib=128)

FUNCTIONS = "functions"
"""In the place of a language: a Python program whose functions are tested."""
TESTS = ("assert twice(0) == 0", "assert twice(3) == 6", "assert twice(21) == 42")

Program = tuple[str, str, Limits]
Verdict = tuple[str, int | None, bytes | tuple[bool, ...]]

# Language, source with {n} for the program's number, limits, and how many of twenty programs are of this kind.
KINDS: list[tuple[str, str, Limits, int]] = [
    ("python", "print(sum(i * i for i in range({n} * 10)))", LIMITS, 3),
    ("python", "import sys; sys.exit({n} % 7 + 1)", LIMITS, 1),
    ("python", "print({n} // 0)", LIMITS, 1),
    ("python", "def f(: {n}", LIMITS, 1),
    ("python", "while True: {n}", LIMITS, 1),
    ("python", "x = [{n}]\nwhile True: x.append(bytearray(1 << 20))", LIMITS, 1),
    ("python", "while True: print('{n}' * 100)", LIMITS, 1),
    ("python", "import time; print({n}, flush=True); time.sleep(60)", SLEEPY, 1),
    ("python", "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n# {n}", LIMITS, 1),
    ("python", "import threading\nfor i in range(8): threading.Thread(target=sum, args=([{n}],)).start()", LIMITS, 1),
    ("c", '#include <stdio.h>\nint main() {{ printf("%d\\n", {m} * 2); return 0; }}', LIMITS, 1),
    ("c", "int main() {{ return *(volatile int *)0 + {m}; }}", LIMITS, 1),
    ("c", "int main() {{ for (volatile int i = {m};; i++); }}", LIMITS, 1),
    ("bash", "echo $(({n} + 1)); seq 10 | sort -r", LIMITS, 1),
    ("javascript", "console.log({n} * 2)", LIMITS, 1),
    (FUNCTIONS, "def twice(x):\n    return 2 * x  # {n}", LIMITS, 1),
    (FUNCTIONS, "def twice(x):\n    return 2 * x if x < 5 else -{n}", LIMITS, 1),
    (FUNCTIONS, "def twice(x):\n    while x > 5: {n}\n    return 2 * x", LIMITS, 1),
]


def programs() -> list[Program]:
    kinds = [(language, source, limits) for language, source, limits, share in KINDS for _ in range(share)]
    chosen = [kinds[number % len(kinds)] for number in range(PROGRAMS)]
    # Few different C programs: compiling is not what is measured.
    return [
        (language, source.format(n=number, m=number % 3), limits)
        for number, (language, source, limits) in enumerate(chosen)
    ]


def judge(sandbox: Sandbox, program: Program) -> Verdict:
    """What must not depend on load. Of a program that was ended, how much it had written does."""
    language, source, limits = program
    if language == FUNCTIONS:
        tested = sandbox.test_functions(source, TESTS, limits=limits)
        return tested.status, tested.program.exit_code, tuple(part.passed for part in tested.parts)
    result = sandbox.run(language, source, limits=limits)
    return result.status, result.exit_code, result.stdout if result.status == "ok" else b""


def measure() -> None:
    chosen = programs()
    with Sandbox() as sandbox, ThreadPoolExecutor(CLIENTS) as clients:
        sandbox.start()
        rounds: dict[str, Callable[[], list[Verdict]]] = {
            "x1": lambda: [judge(sandbox, program) for program in chosen],
            f"x{CLIENTS}": lambda: list(clients.map(lambda program: judge(sandbox, program), chosen)),
        }
        first = rounds["x1"]()
        print(
            f"load: {PROGRAMS} programs: {dict(sorted(Counter(status for status, _, _ in first).items()))}", flush=True
        )
        for repeat in range(1, REPEATS + 1):
            for name, run in rounds.items():
                begun = time.monotonic()
                found = run()
                differing = [
                    number for number, (one, other) in enumerate(zip(first, found, strict=True)) if one != other
                ]
                print(f"load {name}, repeat {repeat}: {len(differing)} verdicts differ", end=" ")
                print(
                    f"({time.monotonic() - begun:.0f} s)",
                    *(f"{n}: {first[n]} {found[n]}" for n in differing[:5]),
                    flush=True,
                )
