import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { checkBuildTools, hostsFolder } from './install';

describe('the installation of a host', () => {
	let folder: string;

	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), 'try-on-install-'));
	});

	afterEach(async () => {
		await rm(folder, { recursive: true, force: true });
	});

	it('names the Debian packages of the tools that are missing', () => {
		expect(() => checkBuildTools(folder)).toThrow('apt-get install -y python3 make g++');
	});

	it.each([
		['/somewhere', '/somewhere/n8n-nodes-virtual-try-on/hosts'],
		[undefined, '/home/someone/.cache/n8n-nodes-virtual-try-on/hosts'],
		['', '/home/someone/.cache/n8n-nodes-virtual-try-on/hosts'],
	])('keeps hosts in the cache of the user (%s)', (cache, expected) => {
		expect(hostsFolder({ XDG_CACHE_HOME: cache, HOME: '/home/someone' })).toBe(join(expected));
	});
});
