// promise: a source cannot make the compiler leave other files than the program
// status: compile_error ok
#pragma GCC optimize("O0")
#include <stdio.h>
__asm__(".file \"../../etc/passwd\"");
int main(void) { puts("HELD: ran"); }
