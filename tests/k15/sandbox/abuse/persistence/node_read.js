// promise: a module that a run plants for node is not found by a later run
try {
  require('k15abuse')
  console.log('ESCAPED: found the planted module')
} catch (error) {
  console.log(`HELD: ${error.code}`)
}
