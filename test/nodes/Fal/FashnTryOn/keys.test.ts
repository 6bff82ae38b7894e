import https from 'node:https';

import { FalApi } from '../../../../credentials/FalApi.credentials';
import { FashnTryOn } from '../../../../nodes/Fal/FashnTryOn/FashnTryOn.node';
import { objectOf } from '../../../../lib/json';
import { speedUp } from '../../../engine/clock';
import { runNode, storeFile } from '../../../engine/engine';
import type { Parameters } from '../../../engine/items';
import { smallPerson } from '../../../engine/pictures';
import { type Bed, generate, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed();
});

afterEach(async () => {
	await bed.sandbox.close();
});

async function runWith(data: { apiKey: string; baseUrl?: string }, parameters: Parameters = {}) {
	return await runNode({
		nodeType: new FashnTryOn(),
		credential: {
			type: 'falApi',
			credentialType: new FalApi(),
			data: { baseUrl: bed.sandbox.fal.url, ...data },
		},
		parameters: { ...generate(bed.person, bed.garment), ...parameters },
		items: [{ json: {} }],
	});
}

test('the key goes to fal and to nobody else, and into nothing that is kept', async () => {
	const data = await storeFile(await smallPerson(1), 'a.jpg', 'image/jpeg');
	const { run, outputs } = await bed.run([{ json: {}, binary: { data } }], {
		model_image_source: 'binary',
	});
	expect(outputs[0]).toHaveLength(1);
	const { key } = bed.sandbox.fal;
	const toFal = bed.sandbox.calls.filter(({ service }) => service === 'fal');
	expect(toFal.length).toBeGreaterThan(3);
	for (const { headers } of toFal) expect(headers.authorization).toBe(`Key ${key}`);
	const toOthers = bed.sandbox.calls.filter(({ service }) => service !== 'fal');
	expect(toOthers.length).toBeGreaterThan(1);
	for (const call of toOthers) {
		expect(JSON.stringify([call.headers, call.path, call.query.toString()])).not.toContain(key);
	}
	for (const { headers } of bed.sandbox.calls.filter(({ service }) => service === 'fal')) {
		expect(headers['user-agent']).toMatch(/^n8n-nodes-virtual-try-on\//);
	}
	expect(JSON.stringify(run)).not.toContain(key.split(':')[1]);
});

test("a picture on n8n's own machine is refused, unless the service is there too", async () => {
	const { key } = bed.sandbox.fal;
	const { error } = await runWith({ apiKey: key, baseUrl: 'https://fal.invalid' });
	expect(error?.message).toBe(
		`Item 1: 'Model Image' is "${bed.person}", on the machine of n8n itself, where the service cannot get.`,
	);
	expect(error?.description).toMatch(/choose Input Data\. This row was not charged\.$/);
	expect((await runWith({ apiKey: key })).error).toBeUndefined();
});

test('a redirect of the API is not followed, so the key stays', async () => {
	bed.sandbox.faults.add({
		on: /POST \/fal-ai/,
		fault: {
			kind: 'answer',
			answer: { status: 307, headers: { location: `${bed.sandbox.media.url}/elsewhere` } },
		},
	});
	const before = bed.sandbox.calls.length;
	const { error } = await bed.run([{}]);
	expect(error?.message).toMatch(/status 307/);
	expect(bed.sandbox.calls.slice(before).map(({ service }) => service)).toEqual(['fal']);
});

test.each([
	['Key in front', (key: string) => `Key ${key}`],
	['Bearer in front', (key: string) => `bearer ${key}`],
	['spaces around', (key: string) => `  ${key}\n`],
])('a key pasted with %s works', async (_name, paste) => {
	const { error } = await runWith({ apiKey: paste(bed.sandbox.fal.key) });
	expect(error).toBeUndefined();
});

test('a wrong key is told in words, without the key', async () => {
	const { error, run } = await runWith({ apiKey: 'wrong:very-secret' });
	expect(error?.message).toMatch(/^Item 1: fal does not accept the key of the credential/);
	expect(JSON.stringify(run)).not.toContain('very-secret');
	expect(bed.sandbox.fal.submits()).toHaveLength(0);
});

test('a locked account is told in words', async () => {
	bed.sandbox.fal.options.locked = 'Exhausted balance';
	const { error } = await bed.run([{}]);
	expect(error?.message).toMatch(/fal has locked the account of this key/);
	expect(error?.description).toMatch(/top up.* This row was not charged\.$/);
});

test.each(['http://example.com', 'ftp://example.com', 'no address'])(
	'the Base URL %s is refused before the key leaves',
	async (baseUrl) => {
		const { error } = await runWith({ apiKey: 'a:b', baseUrl });
		expect(error?.message).toMatch(/'Base URL' of the credential/);
		expect(bed.sandbox.calls).toHaveLength(0);
	},
);

describe('without a Base URL', () => {
	afterEach(() => {
		jest.restoreAllMocks();
	});

	test.each([
		['the queue', { resource: 'job', operation: 'cancel', requestId: 'job-1' }, 'queue.fal.run'],
		['the prices', { operation: 'estimate' }, 'api.fal.ai'],
	])('%s of fal itself gets the key, and nobody else', async (_, parameters, host) => {
		speedUp(500);
		const hosts: unknown[] = [];
		jest.spyOn(https, 'request').mockImplementation((options: unknown) => {
			hosts.push(objectOf(options).hostname);
			throw new Error('Nobody is called in a test');
		});
		// Pictures that fal itself could get: those of the sandbox are on this machine.
		const uriOf = (picture: Buffer) => `data:image/jpeg;base64,${picture.toString('base64')}`;
		const pictures = {
			model_image: uriOf(await smallPerson(0)),
			garment_image: uriOf(await smallPerson(1)),
		};
		await runWith({ apiKey: 'a:b', baseUrl: '' }, { ...pictures, ...parameters });
		expect([...new Set(hosts)]).toEqual([host]);
	});
});
