// promise: a source that includes an endless device stops at the compiler's limits, as a compile error
// status: compile_error
#include "/dev/zero"
int main(void) { return 0; }
