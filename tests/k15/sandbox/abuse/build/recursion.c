// promise: a source that includes itself ends as a compile error
// status: compile_error
#include __FILE__
#include __FILE__
int main(void) { return 0; }
