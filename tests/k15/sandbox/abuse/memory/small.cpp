// promise: many small allocations end at the memory limit
// status: memory_limit
#include <cstdio>
#include <cstring>
#include <list>
#include <string>

int main() {
    std::list<std::string> kept;
    while (kept.size() < 4000000)
        kept.emplace_back(200, 'x');
    std::printf("ESCAPED: holds %zu strings\n", kept.size());
}
