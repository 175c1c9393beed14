# promise: output without a line end, or of nothing but NUL bytes, is limited like any other
# status: output_limit
cat /dev/zero
