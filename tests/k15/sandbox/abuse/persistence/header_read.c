// promise: a header that a run plants is not seen by a later compilation
#include <stdio.h>
#if __has_include("k15abuse.h") || __has_include(<k15abuse.h>) || __has_include("/tmp/k15abuse.h")
#define VERDICT "ESCAPED: the planted header is there"
#else
#define VERDICT "HELD: no such header"
#endif

int main(void) { puts(VERDICT); }
