"""Generators written by a language model (§2.3.5): the question that it gets, and the programs in its responses.

The question shows CYaRon, as the paper's does; its words are ours, since the paper does not give its own. Does not
judge the programs: those that do not run, or repeat themselves, are found out by running them.
"""

from k15.rewards.extraction import fenced_blocks, visible

_QUESTION = """\
Write a Python program that generates test inputs for the programming problem below.

The program gets the number of the test case, 1 to {cases}, as its only command-line argument and prints one input, \
exactly in the format of the problem and within its limits. It seeds its randomness from that number, so that the same \
number always gives the same input, and different numbers give different ones: small numbers the smallest inputs and \
the edge cases, larger ones random inputs of growing size, the last ones inputs at the limits that are hard on slow or \
careless solutions. It prints no solution. You may use the standard library and CYaRon:

```python
import random
import sys
from cyaron import Graph, String, Vector

number = int(sys.argv[1])
random.seed(number)
n = min(number, 10) if number <= 20 else random.randint(10, 1000)
print(n)
print(*[x for (x,) in Vector.random(n, [(1, 10**9)])])    # n integers; Vector.random_unique_vector: all different
print(String.random(n, charset="ab"))                     # a text
print(Graph.tree(n, weight_limit=(1, 100)))               # n - 1 lines "u v w"; also Graph.graph(n, m), Graph.DAG
```

Answer with one program in a ```python block.

# Problem

{statement}
"""
_PYTHON = ("python", "python3", "py")


def question(statement: str, cases: int) -> str:
    return _QUESTION.format(cases=cases, statement=statement)


def program(response: str) -> str | None:
    """The last Python block behind the thought; None if there is none."""
    blocks = [content for tag, content in fenced_blocks(visible(response)) if tag in _PYTHON]
    return blocks[-1] if blocks else None
