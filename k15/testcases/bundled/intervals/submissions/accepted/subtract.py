def outside(piece: tuple[int, int], others: list[tuple[int, int]]) -> int:
    """Metres of the piece that no other covers."""
    a, b = piece
    if a >= b:
        return 0
    for place, (c, d) in enumerate(others):
        if c < b and a < d:
            rest = others[place + 1 :]
            return outside((a, c), rest) + outside((d, b), rest)
    return b - a


stretches: list[tuple[int, int]] = []
for _ in range(int(input())):
    a, b = map(int, input().split())
    stretches.append((a, b))
print(sum(outside(stretch, stretches[:place]) for place, stretch in enumerate(stretches)))
