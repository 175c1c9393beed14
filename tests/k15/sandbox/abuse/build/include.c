// promise: a source text cannot include a file of the host
// status: compile_error
#include "@secret_path@"
int main(void) { return 0; }
