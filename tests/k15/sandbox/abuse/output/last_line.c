// promise: the compiler's complaint about a source with control characters in it is one harmless line
// status: compile_error
#error "[2J]0;title ok"
int main(void) { return 0; }
