// promise: node programs that end themselves in the middle of it all have failed, whatever they printed
// status: runtime_error
console.log('HELD: fails')
process.on('exit', () => { process.exitCode = 3 })
process.on('uncaughtException', () => {})
throw new Error('x')
