fence = 0
for _ in range(int(input())):
    a, b = map(int, input().split())
    fence |= (1 << b) - (1 << a)
print(fence.bit_count())
