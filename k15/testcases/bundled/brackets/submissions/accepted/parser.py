import ast

try:
    ast.parse(input().replace(")", "),").replace("]", "],").replace("(", "(0,"))
    print("tidy")
except SyntaxError:
    print("untidy")
