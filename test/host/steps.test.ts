import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { elapsed, isDone, runCommand, runSteps, type Step } from './steps';

describe('the steps of an installation', () => {
	let folder: string;
	let ran: string[];

	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), 'try-on-steps-'));
		ran = [];
	});

	afterEach(async () => {
		await rm(folder, { recursive: true, force: true });
	});

	function step(name: string, options: { recipe?: string; fails?: boolean } = {}): Step {
		return {
			name,
			recipe: options.recipe ?? 'first',
			async run() {
				ran.push(name);
				await (options.fails ? Promise.reject(new Error(`${name} broke`)) : Promise.resolve());
			},
		};
	}

	it('run once', async () => {
		const steps = [step('a'), step('b')];
		await runSteps(folder, steps);
		await runSteps(folder, steps);
		expect(ran).toEqual(['a', 'b']);
		expect(steps.map((each) => isDone(folder, each))).toEqual([true, true]);
	});

	it('go on at the one that broke', async () => {
		const broken = [step('a'), step('b', { fails: true }), step('c')];
		await expect(runSteps(folder, broken)).rejects.toThrow('b broke');
		await runSteps(folder, [step('a'), step('b'), step('c')]);
		expect(ran).toEqual(['a', 'b', 'b', 'c']);
	});

	it('start over from the one whose recipe is another', async () => {
		await runSteps(folder, [step('a'), step('b'), step('c')]);
		await runSteps(folder, [step('a'), step('b', { recipe: 'second' }), step('c')]);
		expect(ran).toEqual(['a', 'b', 'c', 'b', 'c']);
	});

	it('tell the end of the output of a command that fails', async () => {
		const script = "for (let i = 1; i <= 40; i++) console.log('line ' + i); process.exitCode = 7";
		const options = { cwd: folder, env: process.env, limitMs: 10_000, say: () => undefined };
		const failed = runCommand('count', [process.execPath, '-e', script], options);
		await expect(failed).rejects.toThrow(/^count: .* ended with code 7[^]*line 16\n[^]*line 40$/);
		await expect(failed).rejects.not.toThrow('line 15\n');
	});

	it('end a command that takes too long', async () => {
		const options = { cwd: folder, env: process.env, limitMs: 300, say: () => undefined };
		const slow = runCommand('sleep', ['sleep', '600'], options);
		await expect(slow).rejects.toThrow('took more than');
	});

	it.each([
		[45_400, '45 s'],
		[60_000, '1 min 00 s'],
		[185_000, '3 min 05 s'],
	])('say %d ms as %s', (ms, text) => {
		expect(elapsed(ms)).toBe(text);
	});
});
