people = int(input())
print(sorted(map(int, input().split()))[people // 2])
