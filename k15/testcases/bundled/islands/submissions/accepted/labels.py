rows, columns = map(int, input().split())
label = {(row, column): 0 for row in range(rows) for column, kind in enumerate(input()) if kind == "#"}
for number, cell in enumerate(label):
    label[cell] = number
changed = True
while changed:
    changed = False
    for row, column in label:
        for other in ((row + 1, column), (row, column + 1)):
            if other in label and label[other] != label[row, column]:
                label[other] = label[row, column] = min(label[other], label[row, column])
                changed = True
print(len(set(label.values())))
