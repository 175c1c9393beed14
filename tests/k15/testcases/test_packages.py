import tarfile
from pathlib import Path

import pytest

from k15.errors import UserError
from k15.testcases.sources import load_problems

FILES = {
    "problem.yaml": "name: Sum\n",
    "problem_statement/problem.en.tex": "Print the sum.\n",
    "problem_statement/problem.sv.tex": "Skriv ut summan.\n",
    "submissions/accepted/sum.py": "print(sum(map(int, input().split())))\n",
    "submissions/accepted/Sum.java": "public class Sum { Sum next; int Summand; }\n",
    "submissions/accepted/sum.ml": "()\n",
    "submissions/accepted/parts/a.c": "int main(void) { return 0; }\n",
    "submissions/wrong_answer/zero.py": "print(0)\n",
    "data/testdata.yaml": "on_reject: break\n",
    "data/secret/1.in": "1 2\n",
}


def package(root: Path, **changes: str) -> Path:
    for name, text in {**FILES, **{key.replace("__", "/"): value for key, value in changes.items()}}.items():
        path = root / "sum" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root / "sum"


def test_a_package(tmp_path: Path) -> None:
    (found,) = load_problems(package(tmp_path))
    assert (found.id, found.statement, found.generator) == ("sum", "Print the sum.", None)
    assert (found.special_judge, found.tolerance, found.case_sensitive) == (False, None, False)
    assert [(item.name, item.language) for item in found.submissions] == [
        ("Sum.java", "java"),
        ("sum.ml", "ml"),
        ("sum.py", "python"),
    ]


def test_a_java_class_gets_the_name_that_is_run(tmp_path: Path) -> None:
    (found,) = load_problems(package(tmp_path))
    assert found.submissions[0].source == "public class Main { Main next; int Summand; }\n"


def test_an_archive_and_a_directory_of_packages_are_the_same(tmp_path: Path) -> None:
    source = package(tmp_path / "source", **{"generator.py": "print(1, 2)\n"})
    with tarfile.open(tmp_path / "kval__sum.tar.gz", "w:gz") as archive:
        archive.add(source, "sum")
    alone = load_problems(tmp_path / "kval__sum.tar.gz")
    assert alone == load_problems(source) == load_problems(tmp_path / "source") == load_problems(tmp_path)[:1]
    assert alone[0].generator == "print(1, 2)\n"


@pytest.mark.parametrize(
    ("text", "special"),
    [
        ("validation: default\n", False),
        ("validation: custom\n", True),
        ("validation: custom interactive\n", True),
        ("type: scoring\n", False),
        ("type: [pass-fail, interactive]\n", True),
        ("validator_flags: space_change_sensitive\n", True),
    ],
)
def test_special_judges(tmp_path: Path, text: str, special: bool) -> None:
    (found,) = load_problems(package(tmp_path, **{"problem.yaml": text}))
    assert found.special_judge is special


def test_a_validator_of_its_own_is_a_special_judge(tmp_path: Path) -> None:
    assert load_problems(package(tmp_path, output_validators__check="x"))[0].special_judge


@pytest.mark.parametrize(
    ("problem", "data", "tolerance", "case_sensitive"),
    [
        ("validator_flags: float_tolerance 1e-4 case_sensitive\n", "", 1e-4, True),
        ("validator_flags: float_tolerance 1e-4\n", "output_validator_flags: float_tolerance 1e-6\n", 1e-6, False),
        ("", "output_validator_flags: float_relative_tolerance 1e-3 float_absolute_tolerance 1e-5\n", 1e-5, False),
        ("", "output_validator_args: [case_sensitive, float_tolerance, 0.01]\n", 0.01, True),
    ],
)
def test_flags(tmp_path: Path, problem: str, data: str, tolerance: float, case_sensitive: bool) -> None:
    (found,) = load_problems(package(tmp_path, **{"problem.yaml": problem, "data/testdata.yaml": data}))
    assert (found.tolerance, found.case_sensitive) == (tolerance, case_sensitive)


def test_broken_packages_name_their_place(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"sum: problem\.yaml is not valid YAML"):
        load_problems(package(tmp_path / "a", **{"problem.yaml": "a: [\n"}))
    with pytest.raises(UserError, match="float_tolerance needs a number"):
        load_problems(package(tmp_path / "b", **{"problem.yaml": "validator_flags: float_tolerance\n"}))
    (tmp_path / "c.tar.gz").write_bytes(b"no archive")
    with pytest.raises(UserError, match=r"c\.tar\.gz: cannot be read"):
        load_problems(tmp_path / "c.tar.gz")
    with tarfile.open(tmp_path / "d.tar", "w") as archive:
        archive.add(tmp_path / "a" / "sum" / "data", "data")
    with pytest.raises(UserError, match=r"d\.tar: holds no problem\.yaml"):
        load_problems(tmp_path / "d.tar")
