// promise: the compiler gets no input to read besides the source
// status: compile_error
#include "/proc/self/fd/0"
#include "/proc/self/environ"
#include "/proc/1/environ"
int main() { return 0; }
