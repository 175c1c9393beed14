// promise: endless rewriting of one file wears nothing out but the program's own limits
// status: cpu_limit wall_limit memory_limit
// limits: cpu_s=0.5
const fs = require('fs')
for (;;) {
  fs.writeFileSync('k15abuse-again', Buffer.alloc(1 << 20))
  fs.unlinkSync('k15abuse-again')
}
