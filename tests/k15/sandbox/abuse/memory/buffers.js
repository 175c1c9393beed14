// promise: node's buffers, which V8 does not count, end at a limit
// status: memory_limit runtime_error cpu_limit
const kept = []
for (let i = 0; i < 64; i++) kept.push(Buffer.alloc(16 << 20, 1))
console.log(`ESCAPED: ${kept.length * 16} MiB`)
