// promise: a module that a run plants for node is not found by a later run
const fs = require('fs')
const os = require('os')
const places = [...module.paths, `${os.homedir()}/.node_modules`, `${os.homedir()}/.node_libraries`, '/tmp/node_modules']
for (const place of places) {
  try {
    fs.mkdirSync(`${place}/k15abuse`, { recursive: true })
    fs.writeFileSync(`${place}/k15abuse/index.js`, 'module.exports = 1')
  } catch {}
}
console.log('READY: planted')
