import { createServer, type Server } from 'node:http';
import https from 'node:https';
import { hostname } from 'node:os';
import type { ICredentialType } from 'n8n-workflow';

import { AstriaApi } from '../../credentials/AstriaApi.credentials';
import { FalApi } from '../../credentials/FalApi.credentials';
import { ASTRIA_BASE_URL } from '../../lib/astria/api/client';
import { objectOf } from '../../lib/json';
import { testCredential } from '../engine/credentialTest';
import { type Sandbox, startSandbox } from '../../sandbox/index';

const TYPES = {
	falApi: new FalApi(),
	astriaApi: new AstriaApi(),
} satisfies Record<string, ICredentialType>;

const NAMES = ['falApi', 'astriaApi'] as const;

type Name = (typeof NAMES)[number];

async function tested(type: Name, apiKey: string, baseUrl: string): Promise<unknown> {
	const credential = { type, credentialType: TYPES[type], data: { apiKey, baseUrl } };
	return await testCredential(credential).then(
		() => 'fine',
		(error: unknown) => error,
	);
}

describe.each(NAMES)('the test of %s', (name) => {
	let sandbox: Sandbox;

	beforeAll(async () => {
		sandbox = await startSandbox();
	});

	afterAll(async () => {
		await sandbox.close();
	});

	const own = () => (name === 'falApi' ? sandbox.fal : sandbox.astria);

	test('takes a right key, and refuses a wrong one', async () => {
		const { key, url } = own();
		expect(await tested(name, key, url)).toBe('fine');
		expect(await tested(name, key, ` ${url}/ `)).toBe('fine');
		expect(await tested(name, 'wrong', url)).toMatchObject({ httpCode: '401' });
	});

	test.each([
		['http elsewhere', 'http://192.0.2.7'],
		['ftp', 'ftp://192.0.2.7'],
		['no address', 'no address'],
		['an expression that came to nothing', '[undefined]'],
	])('sends the key to nobody for a Base URL that is %s', async (_name, baseUrl) => {
		const error = await tested(name, own().key, baseUrl);
		expect(error).toMatchObject({
			message: expect.stringMatching(/^'Base URL' of the credential /),
		});
	});
});

describe('the test of a credential sends the key to the API of its own service', () => {
	afterEach(() => {
		jest.restoreAllMocks();
	});

	test.each<[Name, string, string]>([
		['falApi', '', 'rest.fal.ai'],
		['falApi', 'https://queue.fal.run', 'rest.fal.ai'],
		['falApi', 'https://queue.falrun.com/', 'rest.fal.ai'],
		['falApi', 'https://proxy.example', 'proxy.example'],
		['falApi', 'https://queue.fal.run.example', 'queue.fal.run.example'],
		['astriaApi', '', 'api.astria.ai'],
		['astriaApi', 'https://proxy.example', 'proxy.example'],
	])('%s with the Base URL "%s": %s', async (name, baseUrl, host) => {
		const hosts: unknown[] = [];
		jest.spyOn(https, 'request').mockImplementation((options: unknown) => {
			hosts.push(objectOf(options).hostname);
			throw new Error('Nobody is called in a test');
		});
		await tested(name, 'a:key', baseUrl);
		expect(hosts).toEqual([host]);
	});
});

test("Astria's key goes to Astria's own host, in the node, its credential and the test of that", () => {
	const { properties, test: of } = TYPES.astriaApi;
	const [field] = properties.filter(({ name }) => name === 'baseUrl');
	const host = 'https://api.astria.ai';
	expect([ASTRIA_BASE_URL, field?.default]).toEqual([host, host]);
	expect(of.request.baseURL).toContain(`$credentials.baseUrl || "${host}")`);
});

describe('a host of this machine that is not its loopback address', () => {
	let server: Server;
	let seen: string[];
	let port: number;

	beforeAll(async () => {
		server = createServer((request, response) => {
			seen.push(JSON.stringify(request.headers));
			response.end('{}');
		});
		await new Promise<void>((resolve) => server.listen(0, resolve));
		const address = server.address();
		if (address === null || typeof address === 'string') throw new Error('No port');
		({ port } = address);
	});

	beforeEach(() => {
		seen = [];
	});

	afterAll(async () => {
		await new Promise((resolve) => server.close(resolve));
	});

	test.each(NAMES)('gets no key of %s', async (name) => {
		const error = await tested(name, 'sd_very_secret', `http://${hostname()}:${port}`);
		expect(error).toMatchObject({ message: expect.stringContaining('does not begin with https') });
		expect(seen).toEqual([]);
	});
});

const KEYS = [
	'sd_abcdefghijklmnopqrstuvwx',
	'764cabcf-b745-4b3e-ae38-1200304cf45b:0123456789abcdef0123456789abcdef',
	'f64cabcf-b745-4b3e-ae38-1200304cf45b:0123456789abcdef0123456789abcdef',
];

describe.each(NAMES)('a key in the wrong box of %s', (name) => {
	test.each(KEYS.flatMap((key) => [key, `https://${key}`, `https://${key}@host.example/`]))(
		'%s is not repeated',
		async (baseUrl) => {
			const error = await tested(name, 'other', baseUrl);
			expect(error).toMatchObject({
				message: expect.stringMatching(/^'Base URL' of the credential holds what looks like a key/),
			});
			const told = JSON.stringify([error, String(error)]);
			expect(told).not.toMatch(/sd_abc|0123456789abcdef/);
		},
	);

	test.each(['https://user:hush-hush@/', 'hush-hush', 'http://x.example/?token=hush-hush'])(
		'nor is what else %s holds',
		async (baseUrl) => {
			const error = await tested(name, 'other', baseUrl);
			expect(String(error)).toContain("'Base URL' of the credential");
			expect(JSON.stringify([error, String(error)])).not.toContain('hush-hush');
		},
	);
});
