// promise: node gets no environment of the server either, not even as its report tells it
console.log(JSON.stringify(process.env))
console.log(JSON.stringify(process.report.getReport().environmentVariables))
console.log('HELD: nothing but the sandbox\'s own')
