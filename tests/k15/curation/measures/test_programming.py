import pytest

from k15.curation.measures.programming import (
    DEFAULT_WEIGHTS,
    LANGUAGES,
    MARKUP,
    LanguageWeights,
    language_of,
)
from k15.errors import UserError
from k15.params import Params, parse_params

SNIPPETS = {
    "python": "import sys\n\ndef main():\n    for line in sys.stdin:\n        print(line)\n",
    "c": '#include <stdio.h>\n\nint main(void) {\n    printf("hi\\n");\n    return 0;\n}\n',
    "cpp": "#include <iostream>\nusing namespace std;\nint main() {\n    cout << 1 << endl;\n}\n",
    "java": "import java.util.*;\npublic class Main {\n    public static void main(String[] args) {\n    }\n}\n",
    "csharp": "using System;\nnamespace A {\n    class B { }\n}\n",
    "javascript": "const a = require('fs');\nfunction f(x) {\n    console.log(x);\n}\n",
    "typescript": "interface Point {\n    x: number;\n}\nexport const p: Point = { x: 1 };\n",
    "go": 'package main\n\nimport (\n\t"fmt"\n)\n\nfunc main() {\n\tx := 1\n\tfmt.Println(x)\n}\n',
    "rust": 'use std::io;\n\nfn main() {\n    let mut x = 1;\n    println!("{}", x);\n}\n',
    "ruby": "require 'set'\nclass A < B\n  def f\n    puts 1\n  end\nend\n",
    "php": "<?php\necho 1;\n",
    "sql": "SELECT a, b\nFROM t\nWHERE a = 1\n",
    "haskell": "module Main where\nimport Data.List\nmain :: IO ()\nmain = do\n  print 1\n",
    "json": '{\n  "a": [1, 2],\n  "b": null\n}\n',
    "yaml": "name: a\nsteps:\n  - run: b\n  - run: c\n",
    "html": "<!DOCTYPE html>\n<html><head><style>\na {\n color: red;\n}\n</style></head></html>\n",
    "xml": '<?xml version="1.0"?>\n<a><b c="d"/></a>\n',
    "svg": '<?xml version="1.0"?>\n<svg width="1"></svg>\n',
    "csv": "a,b,c\n1,2,3\n4,5,6\n",
    "css": "a {\n  color: red;\n}\n.b > c {\n  margin: 0;\n}\n",
    "markdown": "# Title\n\nWords [here](there).\n\n```\nx\n```\n",
    "tex": "\\documentclass{article}\n\\begin{document}\nHi\n\\end{document}\n",
    "other": "Just a line of prose",
}


class Weighted(Params):
    language_weights: LanguageWeights


@pytest.mark.parametrize("language", SNIPPETS)
def test_by_content(language):
    assert language_of("source/1", SNIPPETS[language]) == language


@pytest.mark.parametrize(
    ("name", "text", "language"),
    [
        ("a/b.py", "", "python"),
        ("a/B.HPP", "", "cpp"),
        ("a/Makefile", "", "makefile"),
        ("a/x.ipynb", "", "json"),
        ("a/run", "#!/usr/bin/env python3\nx", "python"),
        ("a/run", "#! /bin/bash -e\nx", "shell"),
        ("a/run", "#!/usr/bin/env -S node\nx", "javascript"),
        ("a.py/rows.jsonl:3", "Just a line of prose", "other"),
    ],
)
def test_by_name_and_first_line(name, text, language):
    assert language_of(name, text) == language


def test_32_languages_are_read_more_and_markup_less():
    assert len(LANGUAGES) == 32
    assert min(DEFAULT_WEIGHTS[name] for name in LANGUAGES) > 1 > max(DEFAULT_WEIGHTS[name] for name in MARKUP)


@pytest.mark.parametrize(
    ("weights", "message"), [({"pyton": 1.0}, "did you mean python"), ({"json": -1.0}, "give 0 or more")]
)
def test_bad_weights(weights, message):
    with pytest.raises(UserError, match=message):
        parse_params(Weighted, "curate", {"language_weights": weights})
