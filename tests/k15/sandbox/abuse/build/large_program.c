// promise: a program that compiles to a huge file is the program's failure, not the sandbox's
// status: compile_error ok memory_limit runtime_error
#include <stdio.h>
char block[100 << 20] = {1};
int main(void) { return puts("HELD: ran") < block[5]; }
