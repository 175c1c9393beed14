// promise: compiler messages cannot be made to show a file that the program may not read
// status: compile_error
#include "/etc/shadow"
int main() { return 0; }
