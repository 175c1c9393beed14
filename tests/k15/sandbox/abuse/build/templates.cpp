// promise: templates that never end stop at the compiler's limits, as a compile error
// status: compile_error
template <int depth> struct Tower {
    static const int value = Tower<depth + 1>::value + 1;
};
int main() { return Tower<0>::value; }
