// promise: a busy loop ends at the CPU limit
// status: cpu_limit
// limits: cpu_s=0.25
int main(void) {
    for (volatile long i = 0;; i++)
        ;
}
