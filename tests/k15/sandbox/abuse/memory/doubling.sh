# promise: a doubling string in a shell ends at the memory limit
# status: memory_limit runtime_error
text=xxxxxxxxxxxxxxxx
for _ in $(seq 26); do text=$text$text; done
echo "ESCAPED: ${#text} bytes"
