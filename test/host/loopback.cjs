// Preloaded into n8n (node --require): connections leave this machine for nowhere. What is refused
// is written to standard error, so that a test can see it.
const net = require('node:net');
const { writeSync } = require('node:fs');

const STDERR_FD = 2;
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1|::ffff:127(\.\d+){3})$/;
const connect = net.Socket.prototype.connect;

function target(args) {
	// Node.js itself calls with one list of the normalized arguments.
	const [first, second] = Array.isArray(args[0]) ? args[0] : args;
	if (typeof first === 'object' && first !== null) return first;
	if (typeof first === 'string') return { path: first };
	return { port: first, host: typeof second === 'string' ? second : undefined };
}

net.Socket.prototype.connect = function (...args) {
	const { path, host = 'localhost', port } = target(args);
	if (path || LOOPBACK.test(host)) return connect.apply(this, args);
	const message = `Refused to connect to ${host}:${port}`;
	writeSync(STDERR_FD, `${message}\n`);
	const error = Object.assign(new Error(message), { code: 'ECONNREFUSED', address: host, port });
	process.nextTick(() => this.destroy(error));
	return this;
};
