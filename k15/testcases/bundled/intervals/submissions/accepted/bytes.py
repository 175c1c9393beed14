fence = bytearray(1000)
for _ in range(int(input())):
    a, b = map(int, input().split())
    fence[a:b] = b"#" * (b - a)
print(fence.count(b"#"))
