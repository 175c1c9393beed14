n = int(input())
bags = list(map(int, input().split()))
for size in range(1, n + 1):
    places = [a for a in range(n - size + 1) if sum(bags[a : a + size]) % n == 0]
    if places:
        print(*range(places[-1] + 1, places[-1] + size + 1))
        break
