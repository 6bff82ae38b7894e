const { default: Runtime } = require('jest-runtime');

/**
 * n8n, which takes a second to load, and what it keeps its state in; and what is large and keeps no
 * state of a test's: what draws pictures, and what makes up values.
 */
const ONCE =
	/[\\/]node_modules[\\/](?:n8n-core|n8n-workflow|@n8n[\\/](?:backend-common|backend-network|di)|reflect-metadata|sharp|fast-check)[\\/]/;

/**
 * Loads the modules of each file of tests anew, as Jest does, but n8n, sharp and fast-check once for
 * all files that a process runs. Tests run in n8n's own realm (`environment.js`), so what one of the two makes is an
 * Error, an Array or a Buffer to the other.
 */
module.exports = class OneN8n extends Runtime {
	_loadModule(module, from, name, file, ...rest) {
		if (!ONCE.test(file)) return super._loadModule(module, from, name, file, ...rest);
		module.exports = require(file);
		module.loaded = true;
	}

	createScriptFromCode(code, file) {
		const script = super.createScriptFromCode(code, file);
		return { runInContext: (_context, options) => script.runInThisContext(options) };
	}
};
