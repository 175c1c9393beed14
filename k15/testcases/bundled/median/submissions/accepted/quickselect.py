def select(heights: list[int], place: int) -> int:
    pivot = heights[len(heights) // 2]
    lower = [height for height in heights if height < pivot]
    equal = heights.count(pivot)
    if place < len(lower):
        return select(lower, place)
    if place < len(lower) + equal:
        return pivot
    return select([height for height in heights if height > pivot], place - len(lower) - equal)


people = int(input())
print(select(list(map(int, input().split())), people // 2))
