"""Faults planted into programs that are right: what tests must notice, and what they usually do.

`plant` changes what one function returns, by construction into something that is not equal to it: a survivor means
that the tests do not look, or that the verifier is wrong. `mutants` are the classic one-token changes; some of them
change nothing that can be seen, so their share says how sharp the tests are, not how right the verifier is.
"""

import ast
import copy
from typing import Literal

When = Literal["always", "first"]
"""The fault shows at every call, or only for the arguments that the function is called with first."""

_CHANGED = """
def __changed__(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, complex)):
        return value + 1
    if isinstance(value, float):
        return value + 1 if value + 1 > value else 0.0
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, tuple):
        return (*value, 0)
    if isinstance(value, (set, frozenset)):
        return value ^ {0}
    if isinstance(value, dict):
        return {**value, "fault": 1}
    if hasattr(value, "__iter__"):
        return [*value, 0]
    return 0 if value is None else None
"""
_WRAPPED = {
    "always": """
def NAME(*arguments, **named):
    return __changed__(NAME(*arguments, **named))
""",
    "first": """
def NAME(*arguments, **named):
    given = repr((arguments, named))
    first = __seen__.setdefault("first", given)
    value = NAME(*arguments, **named)
    return __changed__(value) if given == first else value
__seen__ = {}
""",
}
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_SIGNS: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add}


def plant(source: str, name: str, when: When) -> str:
    """`source` whose function `name` returns something else. The function's calls of itself stay right, so that two
    faults cannot undo each other."""
    tree = ast.parse(source)
    index = max(i for i, node in enumerate(tree.body) if isinstance(node, ast.FunctionDef) and node.name == name)
    added = ast.parse(_WRAPPED[when].replace("NAME", name)).body
    wrapper = added[0]
    assert isinstance(wrapper, ast.FunctionDef)
    wrapper.body.insert(0, tree.body[index])
    tree.body[index : index + 1] = [*added, *ast.parse(_CHANGED).body]
    return ast.unparse(ast.fix_missing_locations(tree))


def mutants(source: str, most: int) -> list[str]:
    """Up to `most` programs that differ from `source` in one comparison, constant or sign, spread over it."""
    tree = ast.parse(source)
    count = len(_places(tree))
    return [_mutant(tree, number) for number in range(0, count, max(1, -(-count // most)))]


def _mutant(tree: ast.Module, number: int) -> str:
    changed = copy.deepcopy(tree)
    _changed(_places(changed)[number])
    return ast.unparse(changed)


def _places(tree: ast.Module) -> list[ast.AST]:
    return [node for node in ast.walk(tree) if _changed(copy.copy(node))]


def _changed(node: ast.AST) -> bool:
    """Whether it is a comparison, whole number or sign, which then is another one."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        node.value += 1
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        node.ops = [_COMPARISONS[type(node.ops[0])](), *node.ops[1:]]
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _SIGNS:
        node.op = _SIGNS[type(node.op)]()
    else:
        return False
    return True
