// Preloaded into n8n (node --require): calls to the hosts that REROUTE names go to stand-ins on this
// machine. REROUTE is JSON, host to origin; the Host header stays what it was.
const http = require('node:http');
const https = require('node:https');
const { syncBuiltinESMExports } = require('node:module');
const { urlToHttpOptions } = require('node:url');

const standIns = new Map(Object.entries(JSON.parse(process.env.REROUTE ?? '{}')));
const send = https.request;

function optionsOf(first, second) {
	const isAddress = typeof first === 'string' || first instanceof URL;
	const address = isAddress ? urlToHttpOptions(new URL(first)) : {};
	const given = isAddress ? second : first;
	return { ...address, ...(typeof given === 'object' ? given : {}) };
}

https.request = function (...args) {
	const options = optionsOf(...args);
	const host = options.hostname ?? options.host ?? '';
	const origin = standIns.get(host);
	if (origin === undefined) return send.apply(this, args);
	const { hostname, port } = new URL(origin);
	const callback = args.find((arg) => typeof arg === 'function');
	return http.request(
		{
			...options,
			protocol: 'http:',
			host: hostname,
			hostname,
			port,
			// Those of n8n speak TLS.
			agent: undefined,
			agents: undefined,
			headers: { ...options.headers, Host: host },
		},
		callback,
	);
};

https.get = function (...args) {
	const request = https.request(...args);
	request.end();
	return request;
};

syncBuiltinESMExports();
