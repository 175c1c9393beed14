// promise: node programs that spawn node programs end by the limits of the first one
// status: ok runtime_error cpu_limit wall_limit memory_limit
// limits: wall_s=2
const { spawn } = require('child_process')
console.log('HELD: unless a neighbour feels it')
for (let i = 0; i < 8; i++) {
  spawn(process.execPath, [__filename], { detached: true, stdio: 'ignore' }).on('error', () => {})
}
