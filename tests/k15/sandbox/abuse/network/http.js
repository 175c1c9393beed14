// promise: an HTTP request to the host's loopback address fails
// args: tcp_port
const http = require('http')
const request = http.get({ host: '127.0.0.1', port: Number(process.argv[2]), timeout: 500 }, () => {
  console.log('ESCAPED: the host answered')
  process.exit()
})
request.on('error', (error) => console.log(`HELD: ${error.code}`))
request.on('timeout', () => request.destroy())
