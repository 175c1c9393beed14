// promise: macros that explode stop at the compiler's limits, as a compile error
// status: compile_error
#define A "xxxxxxxxxxxxxxxx" "xxxxxxxxxxxxxxxx"
#define B A A A A A A A A A A A A A A A A
#define C B B B B B B B B B B B B B B B B
#define D C C C C C C C C C C C C C C C C
#define E D D D D D D D D D D D D D D D D
#define F E E E E E E E E E E E E E E E E
#define G F F F F F F F F F F F F F F F F
const char *text = G;
int main(void) { return text[0]; }
