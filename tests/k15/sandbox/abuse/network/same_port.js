// promise: the host's ports are not the sandbox's: a port that is taken outside is free inside, or no port can be had
// args: tcp_port
const server = require('net').createServer()
server.on('error', (error) => console.log(error.code === 'EADDRINUSE' ? 'ESCAPED: sees the host\'s port' : `HELD: ${error.code}`))
server.listen(Number(process.argv[2]), '127.0.0.1', () => { console.log('HELD: a port table of its own'); server.close() })
