"""Measures of source files: is it code, is it somebody's, was it written by hand (§2.5.1: markup down-sampled).

A licence is looked for in the first lines, where headers stand; none found says nothing of the repository's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from k15.curation.measures.programming import LANGUAGES, MARKUP, language_of
from k15.curation.measures.view import View, share

_CODE_LINE = re.compile(r"[=(){}\[\];]|:$|^\s*(?:return|import|from|else|elif|pass|break|continue|#|//|>>>|\.\.\.|<)")
_COMMENT = ("#", "//", "/*", "*/", "* ", "--", ";", "%", '"""', "'''", "<!--", "(*", "REM ")
_HEADER = 4_000
_GENERATED = re.compile(
    r"@generated\b|\bauto[- ]?generated\b|\bgenerated (?:automatically|by|from|code|file)\b|\bmachine generated\b"
    r"|\bdo not (?:edit|modify)\b",
    re.IGNORECASE,
)
_SPDX = re.compile(r"SPDX-License-Identifier:\s*\(?([\w.+-]+)")
_COPYLEFT = re.compile(
    r"\b(?:[AL]?GPL|GNU (?:Affero |Lesser |Library )?General Public|MPL|Mozilla Public|EPL|Eclipse Public|CDDL|EUPL"
    r"|CC-BY-SA|OSL|CeCILL)",
    re.IGNORECASE,
)
_PERMISSIVE = re.compile(
    r"\b(?:MIT License|MIT-style|MIT$|Apache License|Apache-2|BSD|ISC License|ISC$|Boost Software|BSL-1|Zlib|Unlicense"
    r"|CC0|Python Software Foundation License|PSF-2|0BSD|CC-BY-4"
    r"|Permission is hereby granted, free of charge|Redistribution and use in source and binary forms)",
    re.IGNORECASE,
)
_MINIFIED_FROM = 500


def labels(view: View) -> dict[str, str]:
    """The programming language, by the file's name if the source knows it, else by the id or the content."""
    document = view.document
    language = language_of(document.meta.get("path", document.id), document.text)
    return {"programming_language": language, "licence": licence_of(view.text)}


def measure(view: View, known: Mapping[str, str]) -> dict[str, float]:
    """`known`: the document's labels."""
    language, licence = known["programming_language"], known["licence"]
    return {
        "code_lines": share(sum(1 for line in view.lines if _CODE_LINE.search(line)), len(view.lines)),
        "comment_lines": view.line_share(lambda line: line.startswith(_COMMENT)),
        "markup": language in MARKUP,
        "known_language": language in LANGUAGES,
        "generated_file": bool(_GENERATED.search(view.text, 0, _HEADER)),
        "minified": _minified(view),
        "licence_found": licence != "none",
        "copyleft": licence == "copyleft",
    }


def licence_of(text: str) -> str:
    """permissive, copyleft or none found; of several the strictest."""
    header = text[:_HEADER]
    spdx = " ".join(_SPDX.findall(header))
    for names, kind in ((_COPYLEFT, "copyleft"), (_PERMISSIVE, "permissive")):
        if names.search(spdx) or (not spdx and names.search(header)):
            return kind
    return "none"


def _minified(view: View) -> bool:
    """Nearly no blanks and very long lines: written by a program for a program."""
    if len(view.text) < _MINIFIED_FROM:
        return False
    blanks = 1 - view.visible / len(view.text)
    return len(view.text) / max(1, len(view.lines)) > 200 and blanks < 0.1
