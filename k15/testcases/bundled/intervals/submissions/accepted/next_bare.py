bare = list(range(1001))


def find(place: int) -> int:
    while bare[place] != place:
        bare[place] = bare[bare[place]]
        place = bare[place]
    return place


painted = 0
for _ in range(int(input())):
    a, b = map(int, input().split())
    place = find(a)
    while place < b:
        bare[place] = place + 1
        painted += 1
        place = find(place)
print(painted)
