// Preloaded into n8n (node --require): told by a signal, it collects its garbage and writes what memory
// is in use then, so that a figure is about what is held and not about when Node.js tidies up.
const { writeSync } = require('node:fs');
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

const STDERR_FD = 2;

process.on('SIGUSR2', () => {
	setFlagsFromString('--expose-gc');
	runInNewContext('gc')();
	writeSync(STDERR_FD, `Memory in use: ${process.memoryUsage().heapUsed}\n`);
});
