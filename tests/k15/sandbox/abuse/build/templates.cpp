// promise: templates that never end stop at the compiler's limits, as a compile error
// status: compile_error
template <int depth, int side> struct Tree {
    static const int value = Tree<depth - 1, side * 2>::value + Tree<depth - 1, side * 2 + 1>::value;
};
template <int side> struct Tree<0, side> { static const int value = side; };
int main() { return Tree<28, 1>::value; }
