// promise: CPU time of threads adds up
// status: cpu_limit
// limits: cpu_s=0.25
#include <thread>

int main() {
    volatile long n = 0;
    auto burn = [&n] { for (;;) n = n + 1; };
    std::thread one(burn), two(burn), three(burn);
    one.join();
}
