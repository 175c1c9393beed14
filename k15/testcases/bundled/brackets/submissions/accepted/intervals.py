text = input()
n = len(text)
tidy = [[i == j for j in range(n + 1)] for i in range(n + 1)]
for size in range(2, n + 1, 2):
    for start in range(n - size + 1):
        end = start + size
        around = text[start] + text[end - 1] in ("()", "[]") and tidy[start + 1][end - 1]
        tidy[start][end] = around or any(tidy[start][cut] and tidy[cut][end] for cut in range(start + 2, end, 2))
print("tidy" if tidy[0][n] else "untidy")
