// promise: a compiler that writes a huge program stops at the limits of disk or time
// status: compile_error
char block[1L << 33] = {1};
int main(void) { return block[5]; }
