"""Which programming language a file is in: by its name, its first line, or its content, in this order.

Guarantees: the same name and text give the same answer. Not guaranteed: that snippets of a few lines in related
languages (C and C++, JavaScript and TypeScript) are told apart without a name. `LANGUAGES` are the 32 that the mixture
wants more of (the paper's number, our choice); `MARKUP` are markup, data and configuration, which it wants less of.
"""

from __future__ import annotations

import re
from collections import Counter

LANGUAGES = (
    "assembly", "c", "clojure", "cpp", "csharp", "dart", "elixir", "erlang", "fortran", "fsharp", "go", "haskell",
    "java", "javascript", "julia", "kotlin", "lisp", "lua", "matlab", "ocaml", "pascal", "perl", "php", "python", "r",
    "ruby", "rust", "scala", "shell", "sql", "swift", "typescript",
)  # fmt: skip
MARKUP = ("css", "csv", "html", "ini", "json", "makefile", "markdown", "rst", "svg", "tex", "toml", "xml", "yaml")
OTHER = "other"

_EXTENSIONS = {
    extension: language
    for language, extensions in {
        "assembly": "s asm nasm", "c": "c h", "clojure": "clj cljs cljc", "cpp": "cc cpp cxx hpp hh hxx cu", "csharp": "cs",
        "dart": "dart", "elixir": "ex exs", "erlang": "erl hrl", "fortran": "f for f77 f90 f95 f03", "fsharp": "fs fsx",
        "go": "go", "haskell": "hs lhs", "java": "java", "javascript": "js mjs cjs jsx", "julia": "jl",
        "kotlin": "kt kts", "lisp": "lisp lsp cl el scm rkt ss", "lua": "lua", "matlab": "m", "ocaml": "ml mli",
        "pascal": "pas pp dpr", "perl": "pl pm", "php": "php", "python": "py pyi pyw pyx", "r": "r", "ruby": "rb rake",
        "rust": "rs", "scala": "scala sc", "shell": "sh bash zsh ksh fish", "sql": "sql", "swift": "swift",
        "typescript": "ts tsx mts", "css": "css scss less", "csv": "csv tsv", "html": "html htm xhtml vue",
        "ini": "ini cfg conf properties", "json": "json geojson ipynb", "makefile": "mk cmake", "markdown": "md markdown",
        "rst": "rst", "svg": "svg", "tex": "tex sty bib", "toml": "toml", "xml": "xml xsd xsl plist", "yaml": "yaml yml",
    }.items()
    for extension in extensions.split()
}  # fmt: skip
_NAMES = {"makefile": "makefile", "gnumakefile": "makefile", "cmakelists.txt": "makefile", "dockerfile": "shell"}
_INTERPRETERS = {
    "python": "python", "bash": "shell", "sh": "shell", "zsh": "shell", "node": "javascript", "perl": "perl",
    "ruby": "ruby", "php": "php", "Rscript": "r", "lua": "lua", "julia": "julia", "ocaml": "ocaml",
}  # fmt: skip
_SHEBANG = re.compile(r"#!\s*\S*?(?:/env\s+(?:-S\s+)?)?([A-Za-z]+)[\d.]*(?:\s|$)")
# Signs at the beginning of a line; the first that matches counts, so the more special stand first.
_SIGNS = {
    "php": r"<\?php|\$\w+ = .*;$|\$this->|(?:public|private|protected) function ",
    "html": r"<!DOCTYPE html|</?(?:html|head|body|div|span|p|ul|li|table|tr|td|a|script|h[1-6])\b",
    "svg": r"<svg\b",
    "xml": r"<\?xml|</?[\w:.-]+(?: [\w:.-]+=|>|/>)",
    "tex": r"\\(?:documentclass|usepackage|begin|end|section|subsection|newcommand)\b",
    "rust": r"(?:pub )?fn \w+|let mut |use (?:std|crate|super)::|impl\b.*\{|(?:pub )?(?:struct|enum|trait|mod) \w+.*[{;]|#\[\w+|println!|match \w+ \{",
    "go": r"package \w+$|func (?:\(\w+ \*?\w+\) )?\w+\(|import \($|\w+(?:, \w+)* := |fmt\.Print|type \w+ (?:struct|interface) \{",
    "csharp": r"using [\w.]+;|namespace [\w.]+|Console\.Write|(?:public|private|internal) (?:static |async |override )*(?:void|string|int|bool|Task)\b.*\b[A-Z]\w*\(",
    "java": r"package [\w.]+;|import (?:static )?(?:java|javax|org|com)\.[\w.*]+;|(?:public |private |protected |abstract |final )+(?:class|interface|enum) |System\.out\.|public static void main|@Override|Scanner \w+ =|(?:public|private|protected) [\w<>\[\]]+ \w+\(",
    "kotlin": r"(?:override |private |suspend )*fun (?:<\w+> )?[\w.]+\(|va[lr] \w+(?:: [\w<>?]+)? = |data class |println\(",
    "scala": r"object \w+|def \w+(?:\[\w+\])?\(.*\)(?:: [\w\[\]]+)? = |case class |import scala\.|trait \w+",
    "swift": r"import (?:Foundation|UIKit|SwiftUI)|(?:@objc |override |private |public )*func \w+\(.*\{|guard let |if let \w+ = |let \w+(?:: \w+)? = [^;]*$",
    "dart": r"import 'package:|import 'dart:|void main\(\) (?:async )?\{|@override$",
    "cpp": r"#include <(?:iostream|vector|string|map|set|algorithm|queue|bits/stdc\+\+\.h|cmath|utility|memory|cstdio|cassert)>|using namespace |std::|(?:cin|cout|cerr) ?(?:<<|>>)|template ?<|(?:public|private|protected):$|namespace \w+ \{|(?:const )?(?:vector|map|set|pair|string)<?.*;$",
    "c": r"#\s*(?:include|define|ifdef|ifndef|endif|if|pragma)\b|typedef |(?:static |const |unsigned )*(?:int|void|char|double|float|long|size_t|struct \w+) \*?\w+(?:\(|\[| =|;|,)|printf\(|scanf\(",
    "typescript": r"interface \w+ \{|type \w+ = |(?:export )?(?:const|let|function) [\w(, ]+(?:\))?: \w+|import \{.*\} from ['\"].*['\"];?$|(?:public|private|readonly) \w+: ",
    "javascript": r"(?:export )?(?:default )?(?:async )?function\b|(?:const|let|var) [\w{},\[\] ]+ = |console\.log|module\.exports|import .* from ['\"]|require\(|\}\)?;$|document\.|'use strict'",
    "python": r"(?:async )?def \w+\(.*|class \w+(?:\(.*\))?:$|from [\w.]+ import |import [\w., ]+$|if __name__ == |elif .*:$|else:$|(?:if|for|while|with|try|except)\b.*:$|print\(|\w+ = (?:int|input|list|map)\(|>>> ",
    "ruby": r"require ['\"]|def \w+[?!]?(?:\(.*\))?$|end$|puts |class \w+(?: < \w+)?$|module \w+$|attr_\w+ :|\w+\.each do",
    "lua": r"local (?:function )?\w+|function [\w.:]+\(.*\)$|elseif .* then$|if .* then$|--\[\[",
    "julia": r"using \w+$|function \w+\(.*\)$|println\(|module \w+$|struct \w+$",
    "perl": r"use (?:strict|warnings|[A-Z]\w+(?:::\w+)*)|my [\$@%(]|sub \w+ \{|foreach my|print \"",
    "r": r"library\(|\w[\w.]* <- |\w+ <- function\(",
    "haskell": r"module \w+.* where|import (?:qualified )?[A-Z][\w.]+|\w+ :: |main = do|data [A-Z]\w* =|instance \w+",
    "ocaml": r"let (?:rec )?\w+.*=$|open [A-Z]\w+|\| .* -> |module \w+ = ",
    "elixir": r"defmodule |defp? \w+|use [A-Z]\w+$|alias [A-Z]|\|> ",
    "erlang": r"-module\(|-export\(|\w+\(.*\) ->$",
    "clojure": r"\((?:ns|defn|def|let|require) ",
    "lisp": r"\((?:defun|defvar|defmacro|setq|define|lambda|cond) ",
    "fortran": r"(?i:program \w+$|implicit none|subroutine \w+|end (?:program|do|if|subroutine)|integer ::|real ::)",
    "pascal": r"(?i:program \w+;|uses \w+|begin$|end[.;]$|procedure \w+|writeln\(|var$)",
    "matlab": r"function (?:\[?[\w, ]+\]? = )?\w+\(|%% |end$|(?:clc|clear all|close all);?$",
    "sql": r"(?i:select .+|insert into |create (?:table|index|view) |update \w+ set|alter table |drop table |from \w+|where \w+ )",
    "assembly": r"(?:section|\.section|global|\.globl) |(?:mov[lq]?|push|pop|call|jmp|lea|add[lq]?|xor|cmp) +[%\w\[]+",
    "shell": r"(?:if|elif|while) \[|fi$|done$|esac$|echo |export \w+=|set -[a-z]+|cd |sudo |\w+=\$\(|for \w+ in .*(?:do)?$|case .* in$",
    "makefile": r"[\w.-]+:(?: [\w./-]+)*$|\$\(\w+\)|\.PHONY|(?:cmake_minimum_required|add_executable)\(",
    "css": r"[.#@]?[\w-]+(?:[ ,>:.#][\w-]+)* \{$|[a-z-]+: [^;{]+;$",
    "markdown": r"#{1,6} \S|```|[-*] \[|\[.+\]\(.+\)|\|[ :-]+\|",
    "rst": r"\.\. [\w-]+::|={4,}$|-{4,}$|~{4,}$|:\w+: ",
    "ini": r"\[[\w .:-]+\]$|[;] ",
    "json": r"[{\[]$|[}\]],?$|\"[^\"]*\" ?: |\"[^\"]*\",?$",
    "yaml": r"---$|- [\w\"'-]+|[\w.-]+:(?: [^;{]*)?$",
}  # fmt: skip
_SIGN = re.compile("|".join(f"(?P<{language}>{signs})" for language, signs in _SIGNS.items()))
_LINES = 200
# What C has in common with its descendants counts for these where they show themselves.
_DESCENDANTS = {
    "c": ("cpp",), "javascript": ("typescript",), "xml": ("html", "svg"), "yaml": ("python", "makefile"),
    "css": ("java", "csharp", "cpp", "c"), "kotlin": ("scala",), "json": ("javascript", "typescript"),
}  # fmt: skip


def language_of(name: str, text: str) -> str:
    """One of `LANGUAGES` or `MARKUP`, or `other`. `name` is the file's, or a document's id that ends in it."""
    base = name.rsplit("/", 1)[-1].lower()
    by_name = _NAMES.get(base) or _EXTENSIONS.get(base.rpartition(".")[2] if "." in base else "")
    if by_name:
        return by_name
    if shebang := _SHEBANG.match(text):
        return _INTERPRETERS.get(shebang[1], OTHER)
    return _by_content(text)


def _by_content(text: str) -> str:
    lines = [line.strip() for line in text.split("\n", _LINES)[:_LINES] if line.strip()]
    if _is_table(lines):
        return "csv"
    votes = Counter(match.lastgroup or OTHER for match in map(_SIGN.match, lines) if match)
    if not votes:
        return OTHER
    for ancestor, descendants in _DESCENDANTS.items():
        heir = max(descendants, key=votes.__getitem__)
        if votes[ancestor] and votes[heir]:
            votes[heir] += votes.pop(ancestor)
    return max(votes, key=votes.__getitem__)


def _is_table(lines: list[str]) -> bool:
    """At least three rows with the same number of separators, and nothing that ends a statement."""
    if len(lines) < 3 or any(line.endswith((";", "{", ":", ")")) for line in lines):
        return False
    return any(lines[0].count(mark) >= 2 and len({line.count(mark) for line in lines}) == 1 for mark in ",\t;")
