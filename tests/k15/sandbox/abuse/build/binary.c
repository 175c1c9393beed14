// promise: the assembler cannot draw a file of the host into the program
// status: compile_error
#include <unistd.h>
__asm__(".section .rodata\n.globl held\nheld: .incbin \"@secret_path@\"\n.globl end\nend: .byte 0\n.text\n");
extern const char held[], end[];
int main(void) { return write(1, held, (size_t)(end - held)) < 0; }
