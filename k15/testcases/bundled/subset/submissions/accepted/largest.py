n = int(input())
bags = list(map(int, input().split()))
for mask in range((1 << n) - 1, 0, -1):
    chosen = [bag for bag in range(n) if mask >> bag & 1]
    if sum(bags[bag] for bag in chosen) % n == 0:
        print(*(bag + 1 for bag in chosen))
        break
