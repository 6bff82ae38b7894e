const { ModernFakeTimers } = require('@jest/fake-timers');
const { TestEnvironment } = require('jest-environment-node');
const { ModuleMocker } = require('jest-mock');

const copyOf = (target) => Object.getOwnPropertyDescriptors(target);

/** Makes an object's own properties what they were. */
function restore(target, before) {
	for (const key of Reflect.ownKeys(target)) {
		if (!Object.hasOwn(before, key)) Reflect.deleteProperty(target, key);
	}
	for (const key of Reflect.ownKeys(before)) {
		const { value, get } = before[key];
		const now = Object.getOwnPropertyDescriptor(target, key);
		if (!now || now.value !== value || now.get !== get) {
			Object.defineProperty(target, key, before[key]);
		}
	}
}

const listenersOf = () =>
	new Map(process.eventNames().map((event) => [event, process.rawListeners(event)]));

/** Takes what listens to the process since then off again. */
function dropListeners(before) {
	for (const [event, listeners] of listenersOf()) {
		const there = before.get(event) ?? [];
		for (const listener of listeners) {
			if (!there.includes(listener)) process.removeListener(event, listener);
		}
	}
}

/**
 * Runs tests among the globals of the process, as n8n runs a node, rather than in a context of
 * their own: there each look-up of a global is slow, and n8n would have to be loaded for each file
 * of tests (`runtime.js`). What a file changes in the globals and the environment is undone after
 * it.
 */
module.exports = class OneRealm extends TestEnvironment {
	constructor(config, context) {
		super(config, context);
		this.before = copyOf(globalThis);
		this.variables = copyOf({ ...process.env });
		// Jest puts one of its own in its place.
		this.exit = process.exit;
		this.listeners = listenersOf();
		this.global = globalThis;
		this.moduleMocker = new ModuleMocker(globalThis);
		this.fakeTimersModern = new ModernFakeTimers({
			config: config.projectConfig,
			global: globalThis,
		});
	}

	async teardown() {
		await super.teardown();
		process.exit = this.exit;
		dropListeners(this.listeners);
		restore(process.env, this.variables);
		restore(globalThis, this.before);
	}
};
