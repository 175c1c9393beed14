text = input()
while "()" in text or "[]" in text:
    text = text.replace("()", "").replace("[]", "")
print("untidy" if text else "tidy")
