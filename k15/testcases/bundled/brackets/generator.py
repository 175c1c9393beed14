"""Tidy texts, tidy texts with one fault, and random ones, from one bracket to sixty."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)


def tidy(pairs: int) -> str:
    if pairs == 0:
        return ""
    inside = rng.randint(0, pairs - 1)
    opening, closing = rng.choice([("(", ")"), ("[", "]")])
    return opening + tidy(inside) + closing + tidy(pairs - 1 - inside)


pairs = number % 4 + 1 if number <= 8 else rng.randint(3, 12) if number <= 30 else rng.randint(15, 30)
text = tidy(pairs)
if number % 3 == 0:
    place = rng.randrange(len(text))
    text = text[:place] + rng.choice("()[]") + text[place + 1 :]
elif number % 3 == 1 and number > 8:
    a, b = sorted(rng.sample(range(len(text)), 2))
    text = text[:a] + text[b] + text[a + 1 : b] + text[a] + text[b + 1 :]
elif number <= 8:
    text = ["(", "]", "([)]", "][", "(]", "((", "()[]", "[[]]"][number - 1]
print(text)
