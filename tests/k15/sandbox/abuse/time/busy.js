// promise: a busy loop in node ends at the CPU limit
// status: cpu_limit
// limits: cpu_s=0.25
for (;;);
