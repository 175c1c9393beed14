"""Programs and their verdicts, on the real sandbox."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from k15.errors import UserError
from k15.sandbox import Limits, Program, Result, Sandbox
from k15.sandbox.languages import installed
from k15.sandbox.runs import Run

QUICK = Limits(cpu_s=0.3, wall_s=20, memory_mib=64, output_kib=16, processes=8)

DOUBLE = {
    "python": "print(2 * int(input()))",
    "c": '#include <stdio.h>\nint main() { int a; scanf("%d", &a); printf("%d\\n", a * 2); }',
    "cpp": "#include <iostream>\nint main() { int a; std::cin >> a; std::cout << a * 2 << '\\n'; }",
    "javascript": 'console.log(2 * parseInt(require("fs").readFileSync(0, "utf8")))',
    "bash": "read a; echo $((a * 2))",
    "perl": 'print 2 * <STDIN>, "\\n";',
    "java": """import java.util.*;
class Main { static class Inner { int twice(int a) { return 2 * a; } }
  public static void main(String[] s) { System.out.println(new Inner().twice(new Scanner(System.in).nextInt())); } }""",
    "rust": "fn main() { let mut s = String::new(); std::io::stdin().read_line(&mut s).unwrap();"
    ' println!("{}", 2 * s.trim().parse::<i32>().unwrap()); }',
    "go": 'package main\nimport "fmt"\nfunc main() { var a int; fmt.Scan(&a); fmt.Println(2 * a) }',
    "csharp": "class P { static void Main() { System.Console.WriteLine(2 * int.Parse(System.Console.ReadLine())); } }",
    "typescript": 'declare var require: any; const a: number = parseInt(require("fs").readFileSync(0, "utf8"));'
    " console.log(2 * a)",
    "php": "<?php echo 2 * (int) fgets(STDIN), PHP_EOL;",
}


@pytest.mark.parametrize("language", DOUBLE)
def test_each_installed_language_reads_and_prints(sandbox: Sandbox, language: str) -> None:
    if language not in installed():
        pytest.skip(f"the toolchain of {language} is not installed")
    result = sandbox.run(language, DOUBLE[language], stdin="21\n")
    assert (result.status, result.stdout) == ("ok", b"42\n"), result


@pytest.mark.parametrize(
    ("language", "source", "status", "why"),
    [
        ("python", "print(1 // 0)", "runtime_error", "ZeroDivisionError: integer division or modulo by zero"),
        ("python", "import sys; sys.exit(3)", "runtime_error", "exit code 3"),
        ("python", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "runtime_error", "ended by SIGSEGV"),
        ("python", "import os; os.abort()", "runtime_error", "ended by SIGABRT"),
        ("python", "def f(:", "compile_error", "SyntaxError"),
        ("python", "'" + "(" * 20000, "compile_error", ""),
        ("python", "while True: pass", "cpu_limit", "used 0.3 s of CPU time"),
        ("python", "import os\nfor _ in range(2): os.fork()\nwhile True: pass", "cpu_limit", ""),
        ("python", "x = []\nwhile True: x.append(bytearray(1 << 20))", "memory_limit", "used more than 64 MiB"),
        ("python", "f = open('/tmp/x', 'wb')\nwhile True: f.write(bytes(1 << 20))", "memory_limit", ""),
        ("python", "while True: print('x' * 1000)", "output_limit", "wrote more than 16 KiB"),
        ("python", "import sys\nwhile True: sys.stderr.write('x' * 1000)", "output_limit", ""),
        ("c", "int main() { return *(volatile int *)0; }", "runtime_error", "ended by SIGSEGV"),
        ("c", "int main( { }", "compile_error", "error"),
        ("c", "int f(int n) { volatile char a[4096]; return f(n + 1) + a[0]; } int main() { return f(0); }", None, ""),
        ("bash", "exit 7", "runtime_error", "exit code 7"),
        ("bash", "kill -9 $$", "runtime_error", "ended by SIGKILL"),
        ("javascript", "for (;;) {}", "cpu_limit", ""),
    ],
)
def test_every_end_has_its_verdict(sandbox: Sandbox, language: str, source: str, status: str | None, why: str) -> None:
    result = sandbox.run(language, source, limits=QUICK)
    if status is None:  # a stack without end: whichever limit it meets first
        assert result.status in ("runtime_error", "memory_limit"), result
    else:
        assert result.status == status, result
    assert why in result.why


def test_a_program_that_only_sleeps_meets_the_wall_limit(sandbox: Sandbox) -> None:
    result = sandbox.run(
        "python", "print('before', flush=True)\nimport time; time.sleep(60)", limits=Limits(wall_s=0.3)
    )
    assert (result.status, result.stdout, result.exit_code) == ("wall_limit", b"before\n", None)
    assert result.cpu_s < 0.3


def test_a_process_that_outlives_its_parent_ends_with_the_run(sandbox: Sandbox) -> None:
    source = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(60)\nprint('parent')"
    result = sandbox.run("python", source)
    assert (result.status, result.stdout) == ("ok", b"parent\n")
    assert result.wall_s < 30


def test_cpu_time_of_children_that_nobody_waits_for_counts(sandbox: Sandbox) -> None:
    """The kernel adds a child's time to its parent only when it is waited for; the cgroup counts it anyway."""
    source = """import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if os.fork() == 0:
    while time.process_time() < 0.2: pass
    os._exit(0)
time.sleep(3)"""
    assert sandbox.run("python", source).cpu_s >= 0.2
    assert sandbox.run("python", source, limits=Limits(cpu_s=0.1)).status == "cpu_limit"


def test_python_has_the_face_of_a_script(sandbox: Sandbox) -> None:
    source = """import sys, __main__
print(__name__, sys.argv, __file__, __main__.__dict__ is globals(), sys.path[0])
print(sys.stdin.readline(), end='')
print(input(), open('data/given').read(), repr(sys.stdin.read()))
def deep(n): return n and 1 + deep(n - 1)
print(deep(900))
import atexit; atexit.register(print, 'at exit')
import threading; threading.Thread(target=lambda: print('thread')).start()
exit(0)"""
    result = sandbox.run("python", source, stdin=b"one\r\ntwo\n\xff", args=["a", "b"], files={"data/given": b"file"})
    assert result.status == "ok", result
    assert result.stdout.decode().splitlines() == [
        "__main__ ['main.py', 'a', 'b'] /box/work/main.py True /box/work",
        "one",
        "two file '\\udcff'",
        "900",
        "thread",
        "at exit",
    ]


def test_a_traceback_shows_the_program_only(sandbox: Sandbox) -> None:
    result = sandbox.run("python", "def f():\n    raise ValueError('no')\nf()")
    lines = result.stderr.decode().splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert [line.strip() for line in lines if "File" in line] == [
        'File "/box/work/main.py", line 3, in <module>',
        'File "/box/work/main.py", line 2, in f',
    ]
    assert result.why == "ValueError: no"


def test_unlimited_recursion_is_the_programs_own_error(sandbox: Sandbox) -> None:
    result = sandbox.run("python", "def f(): f()\nf()")
    assert result.why.startswith("RecursionError")


def test_runs_are_the_same_whatever_ran_before(sandbox: Sandbox) -> None:
    source = "import os, sys; print(sorted(os.listdir('/tmp')), hash('a'), sorted(os.environ), os.getpid())"
    first = sandbox.run("python", source).stdout
    for _ in range(4):
        sandbox.run("python", "import os, builtins; open('/tmp/x', 'w'); builtins.print = None; os.environ['A'] = 'b'")
    assert all(sandbox.run("python", source).stdout == first for _ in range(4))


def test_many_inputs_keep_their_order(sandbox: Sandbox) -> None:
    built = sandbox.build("c", DOUBLE["c"])
    assert isinstance(built, Program)
    results = sandbox.run_many(built, [str(number) for number in range(40)])
    assert [int(result.stdout) for result in results] == [2 * number for number in range(40)]


def test_more_clients_than_slots(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(32) as clients:
        results = list(clients.map(lambda number: sandbox.run("python", f"print({number})"), range(100)))
    assert [result.stdout for result in results] == [f"{number}\n".encode() for number in range(100)]


def test_large_input_and_output(sandbox: Sandbox) -> None:
    text = b"0123456789" * 300_000
    result = sandbox.run("python", "import sys; sys.stdout.write(sys.stdin.read())", stdin=text)
    assert result.status == "ok"
    assert result.stdout == text


def test_input_that_is_not_read_blocks_nobody(sandbox: Sandbox) -> None:
    assert sandbox.run("python", "print('done')", stdin=b"x" * 10_000_000).status == "ok"


def test_the_peak_of_memory_is_the_programs(sandbox: Sandbox) -> None:
    small = sandbox.run("python", "pass").memory_bytes
    large = sandbox.run("python", "x = bytearray(50 << 20)").memory_bytes
    assert 49 << 20 < large - small < 60 << 20


def test_a_box_that_dies_is_replaced_and_the_run_repeated() -> None:
    with Sandbox(1) as own:
        own.start()
        box = own._idle.queue[0].box("program")
        threading.Timer(0.5, box.process.kill).start()
        result = own.run("python", "import time; time.sleep(1); print('here')")
        assert (result.status, result.stdout) == ("ok", b"here\n")


def test_what_the_sandbox_cannot_run_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox(1) as own:
        own.start()
        own._idle.queue[0].close()
        monkeypatch.setenv("PATH", "/nowhere")  # bubblewrap is not found any more
        with pytest.raises(UserError, match="install bubblewrap"):
            own.run("python", "print(1)")


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../../b", ""])
def test_files_stay_in_the_working_directory(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(UserError, match="is no name for a file"):
        sandbox.run("python", "pass", files={name: b""})


def test_unknown_and_missing_languages_are_named(sandbox: Sandbox) -> None:
    with pytest.raises(UserError, match="unknown language 'cobol'; use one of python, c, cpp"):
        sandbox.run("cobol", "")
    for language in ("php", "go", "typescript", "csharp"):
        if language not in installed():
            with pytest.raises(UserError, match=f"toolchain of {language} is not installed; on Debian: apt install"):
                sandbox.run(language, "")


def test_a_missing_layer_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UserError, match="lacks namespaces: bwrap was not found; install bubblewrap"):
        Sandbox(1)
    with pytest.raises(UserError, match="'seccomp' cannot be done without"):
        Sandbox(1, allow_missing=["seccomp"])


def test_a_compiler_that_is_attacked(sandbox: Sandbox) -> None:
    """Reading what is not there, and a template that never ends."""
    stolen = sandbox.build("c", '#include "/etc/shadow"\nint main() {}')
    assert isinstance(stolen, Result)
    assert stolen.status == "compile_error"
    assert "No such file" in stolen.why
    endless = "template <int n> struct A { static const int v = A<n + 1>::v; }; int main() { return A<0>::v; }"
    assert sandbox.run("cpp", endless).status == "compile_error"


def test_what_cannot_be_given_to_a_program_is_refused(sandbox: Sandbox) -> None:
    for files in ({"a": b"", "a/b": b""}, {"./x": b""}, {"main.py": b""}, {"n" * 300: b""}, {"\ud800": b""}):
        with pytest.raises(UserError, match=r"is no name|in one place"):
            sandbox.run("python", "pass", files=files)
    with pytest.raises(UserError, match="cannot be an argument"):
        sandbox.run("python", "pass", args=["a\0b"])
    with pytest.raises(UserError, match="do not fit in disk_mib=1"):
        sandbox.run("python", "pass", files={"large": bytes(2 << 20)}, limits=Limits(disk_mib=1))
    for bad in ({"cpu_s": float("nan")}, {"memory_mib": 0}, {"processes": -1}, {"wall_s": 1e9}):
        with pytest.raises(UserError, match=f"limit {next(iter(bad))} must be a number above 0"):
            Limits(**bad)
    assert sandbox.run("python", "print(ascii(input()))", stdin="\ud800").stdout == b"'\\udced\\udca0\\udc80'\n"


def test_a_program_larger_than_its_disk_is_no_mistake_of_its_judge(sandbox: Sandbox) -> None:
    result = sandbox.run("c", "char a[4 << 20] = {1}; int main() { return a[5]; }", limits=Limits(disk_mib=1))
    assert (result.status, result.why) == ("memory_limit", "a program of 4 MiB does not fit on its disk of 1 MiB")


def test_a_run_that_is_left_takes_its_box_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the next run would read its report."""
    with Sandbox(1) as own:
        assert own.run("python", "print(1)").status == "ok"
        with monkeypatch.context() as patch:
            patch.setattr(Run, "_read_stream", lambda *_: 1 // 0)
            assert own.run("python", "print(2)").status == "infrastructure_error"
        for source, status in (("1 // 0", "runtime_error"), ("print(3)", "ok"), ("exit(4)", "runtime_error")):
            assert own.run("python", source).status == status


def test_a_compiler_with_more_to_say_than_fits(sandbox: Sandbox) -> None:
    if "java" not in installed():
        pytest.skip("the toolchain of java is not installed")
    inner = "".join(f"class {'類' * 70}{number} {{}}\n" for number in range(150))
    source = f"{inner}class Main {{ public static void main(String[] a) {{ System.out.println(1); }} }}"
    built = sandbox.build("java", source)
    assert isinstance(built, Result)
    assert built.status == "compile_error"
    assert "too large" in built.why
    assert sandbox.run("python", "print(3)").stdout == b"3\n"


def test_a_parent_that_waits_in_vfork_sleeps(sandbox: Sandbox) -> None:
    source = "#include <unistd.h>\nint main() { if (vfork() == 0) for (;;) pause(); }"
    result = sandbox.run("c", source, limits=Limits(cpu_s=0.5, wall_s=0.3))
    assert result.status == "wall_limit"
    assert result.wall_s < 10


def test_compiling_python_costs_what_it_costs(sandbox: Sandbox) -> None:
    result = sandbox.run("python", "x = [" + "[1]," * 300_000 + "]", limits=Limits(cpu_s=0.2, memory_mib=1024))
    assert result.status == "cpu_limit"


def test_files_that_a_run_has_read_leave_no_memory_to_the_next() -> None:
    reader = """import os
for folder, _, names in os.walk('/usr/lib'):
    for name in names:
        path = os.path.join(folder, name)
        if os.path.isfile(path) and not os.path.islink(path):
            try: open(path, 'rb').read()
            except OSError: pass
"""
    with Sandbox(1) as own:
        own.run("python", reader, limits=Limits(memory_mib=300))
        result = own.run("python", "x = b'x' * (100 << 20)", limits=Limits(memory_mib=64))
    assert result.status == "memory_limit"


def test_all_slots_are_taken_by_one_at_a_time() -> None:
    with Sandbox(2) as own, ThreadPoolExecutor(8) as threads:
        runs = [threads.submit(own.run, "python", "print(1)") for _ in range(4)]
        starts = [threads.submit(own.start) for _ in range(4)]
        assert all(run.result(60).status == "ok" for run in runs)
        assert [start.result(60) for start in starts] == [None] * 4
    with pytest.raises(RuntimeError, match="is closed"):
        own.start()
    with pytest.raises(RuntimeError, match="is closed"):
        own.run("python", "pass")


def test_a_forked_child_has_no_part_in_the_boxes() -> None:
    with Sandbox(1) as own:
        own.start()
        child = os.fork()
        if child == 0:
            try:
                own.run("python", "pass")
            except RuntimeError:
                os._exit(7)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert own.run("python", "print(1)").status == "ok"


def test_no_descriptor_is_left() -> None:
    def opened() -> int:
        return len(os.listdir("/proc/self/fd"))

    with Sandbox(1) as own:
        own.run("python", "pass")
    before = opened()
    for _ in range(3):
        with Sandbox(1) as own:
            own.run("python", "pass")
            own.test_functions("def f(): return 1", ["assert f() == 1"])
            own._idle.queue[0].box("program").process.kill()
            own.run("python", "pass")
    assert opened() == before
