// promise: no number of .. from the working directory, nor a doubled slash, leads to the host's files
// args: secret_path
const fs = require('fs')
const target = process.argv[2]
for (const path of ['../'.repeat(40) + target, '/../../..' + target, '//' + target, '/proc/self/cwd/../../../..' + target]) {
  try {
    console.log('ESCAPED:', fs.readFileSync(path, 'utf8'))
  } catch (error) {
    console.log(`HELD: ${error.code}`)
  }
}
