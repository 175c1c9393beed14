n = int(input())
bags = list(map(int, input().split()))


def choose(place: int, rest: int, chosen: list[int]) -> list[int]:
    if chosen and rest == 0:
        return chosen
    if place == n:
        return []
    taken = choose(place + 1, (rest + bags[place]) % n, [*chosen, place + 1])
    return taken or choose(place + 1, rest, chosen)


print(*choose(0, 0, []))
