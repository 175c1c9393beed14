// promise: both streams flooded at once end at the output limit
// status: output_limit
const fs = require('fs')
const block = Buffer.alloc(65536, 'x')
for (let i = 0; i < 10000; i++) {
  fs.writeSync(1, block)
  fs.writeSync(2, block)
}
