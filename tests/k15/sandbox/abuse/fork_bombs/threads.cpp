// promise: threads count as processes
// limits: processes=16
#include <chrono>
#include <cstdio>
#include <system_error>
#include <thread>

int main() {
    int born = 0;
    try {
        for (; born < 200; born++)
            std::thread([] { std::this_thread::sleep_for(std::chrono::seconds(30)); }).detach();
        std::printf("ESCAPED: %d threads\n", born);
    } catch (const std::system_error &error) {
        std::printf("HELD: %d threads, then %s\n", born, error.what());
    }
    std::fflush(stdout);
    _Exit(0);
}
