from itertools import combinations

n = int(input())
bags = list(map(int, input().split()))
choices = (choice for size in range(1, n + 1) for choice in combinations(range(n), size))
print(*(bag + 1 for bag in next(choice for choice in choices if sum(bags[bag] for bag in choice) % n == 0)))
