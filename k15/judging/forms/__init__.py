"""Forms in which an answer can be written, and the steps that lead back from each to the reference's form.

A form draws a pair of answers that differ by little, both written in it. Guarantees: both are exact, and their `steps`
need nothing but the text.
"""

from k15.judging.forms.answer import Answer, Form, Pair
from k15.judging.forms.rewritten import percents, sets, words, zeros
from k15.judging.forms.worked import hours, mixed, quotients, sums, unreduced

__all__ = ["FORMS", "Answer", "Form", "Pair"]

_ALL = (zeros, words, percents, sets, hours, sums, unreduced, mixed, quotients)
FORMS: dict[str, Form] = {form.__name__: form for form in _ALL}
