"""Words of one to fifty letters: of one letter, of vowels, of consonants, and mixed."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
vowels, consonants = "aeiouy", "bcdfghjklmnpqrstvwxz"
length = number if number <= 10 else rng.randint(2, 10) if number <= 22 else rng.randint(11, 50) if number <= 44 else 50
kind = number % 6
if kind == 0:
    word = rng.choice(vowels + consonants) * length
elif kind == 1:
    word = "".join(rng.choices(vowels, k=length))
elif kind == 2:
    word = "".join(rng.choices(consonants, k=length))
else:
    share = rng.choice([0.2, 0.4, 0.7])
    word = "".join(rng.choice(vowels if rng.random() < share else consonants) for _ in range(length))
print(word)
