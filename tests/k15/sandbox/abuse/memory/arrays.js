// promise: node's arrays end at a limit, whatever V8 thinks of it
// status: memory_limit runtime_error cpu_limit
// limits: cpu_s=6
const kept = []
for (let i = 0; i < 512; i++) kept.push(new Array(1 << 17).fill(i))
console.log(`ESCAPED: ${kept.length} MiB`)
