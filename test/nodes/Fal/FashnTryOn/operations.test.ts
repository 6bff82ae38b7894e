import { type INode, type INodeExecutionData, NodeHelpers } from 'n8n-workflow';
import sharp from 'sharp';

import { FashnTryOn } from '../../../../nodes/Fal/FashnTryOn/FashnTryOn.node';
import { readFile, storeFile, useBinaryMode } from '../../../engine/engine';
import { errorsOf, jsonOf } from '../../../engine/items';
import { smallGarment, smallPerson } from '../../../engine/pictures';
import { type Bed, generate, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed();
});

afterEach(async () => {
	await bed.sandbox.close();
});

const UNKNOWN_ID = '00000000-0000-0000-0000-000000000000';

test('rows come out in order, each paired with its row', async () => {
	bed.sandbox.fal.options.slots = 3;
	const rows = Array.from({ length: 7 }, (_, n) => ({ n: 1 + (n % 3) }));
	const { outputs } = await bed.run(rows, { num_samples: '={{ $json.n }}', download: false });
	const shape = outputs[0]?.map(({ json, pairedItem }) => [
		pairedItem,
		json.imageIndex,
		json.imageCount,
	]);
	const expected = rows.flatMap(({ n }, item) =>
		Array.from({ length: n }, (_, index) => [{ item }, index, n]),
	);
	expect(shape).toEqual(expected);
});

test('one item per row holds all pictures of the row', async () => {
	const { outputs } = await bed.run([{}], { num_samples: 3, output: 'row' });
	expect(outputs[0]).toHaveLength(1);
	const [item] = outputs[0] ?? [];
	expect(item?.json.imageUrls).toHaveLength(3);
	expect(item?.json.imageCount).toBe(3);
	expect(Object.keys(item?.binary ?? {})).toEqual(['data', 'data_1', 'data_2']);
});

describe.each(['default', 'filesystem'] as const)('binary mode %s', (mode) => {
	beforeEach(async () => {
		await useBinaryMode(mode);
	});

	test('files go in and pictures come out', async () => {
		const person = await smallPerson(2);
		const garment = await smallGarment(2);
		const item: INodeExecutionData = {
			json: {},
			binary: {
				photo: await storeFile(person, 'anna.jpeg', 'image/jpeg'),
				dress: await storeFile(garment, 'dress.jpg', 'text/plain'),
			},
		};
		const { outputs, error } = await bed.run([item], {
			model_image_source: 'binary',
			model_image_binary: 'photo',
			garment_image_source: 'binary',
			garment_image_binary: 'dress',
			additionalFields: { output_format: 'jpeg' },
			options: { outputField: 'picture', uploadLifetime: 3600 },
		});
		expect(error).toBeUndefined();
		const uploads = bed.sandbox.calls.filter(({ path }) => path === '/storage/upload/initiate');
		expect(uploads.map(({ body }): unknown => JSON.parse(body.toString()))).toEqual([
			{ content_type: 'image/jpeg', file_name: 'anna.jpg' },
			{ content_type: 'image/png', file_name: 'dress.png' },
		]);
		for (const { headers } of uploads) {
			expect(JSON.parse(String(headers['x-fal-object-lifecycle']))).toEqual({
				expiration_duration_seconds: 3600,
			});
		}
		const sent = bed.sandbox.calls.filter(
			({ service, method }) => service === 'media' && method === 'PUT',
		);
		expect(sent.map(({ body }) => body.length)).toEqual([person.length, garment.length]);
		const [out] = outputs[0] ?? [];
		expect((await sharp(await readFile(out, 'picture')).metadata()).format).toBe('jpeg');
		expect(out?.binary?.picture).toMatchObject({ mimeType: 'image/jpeg', fileExtension: 'jpg' });
		expect(out?.json.fileName).toMatch(/^try-on-[0-9a-f]{8}-1\.jpg$/);
	});
});

test('Sync Mode gives the file and no base64 in the columns', async () => {
	const { outputs } = await bed.run([{}], { additionalFields: { sync_mode: true } });
	const [item] = outputs[0] ?? [];
	expect(item?.json.imageUrl).toBeUndefined();
	expect(JSON.stringify(item?.json).length).toBeLessThan(2_000);
	expect((await readFile(item)).length).toBeGreaterThan(100);
});

test('Submit hands back ids at once, and Get fetches the pictures in another execution', async () => {
	bed.sandbox.fal.options.jobMs = 600;
	const submitted = await bed.run([{}, {}], { operation: 'submit' });
	const ids = submitted.outputs[0]?.map(({ json }) => String(json.requestId)) ?? [];
	expect(ids).toEqual(bed.sandbox.fal.submits().map(({ requestId }) => requestId));
	expect(submitted.outputs[0]?.[0]?.json).toMatchObject({
		status: 'IN_QUEUE',
		statusUrl: expect.stringContaining(ids[0] ?? '-'),
	});
	const get = { resource: 'job', operation: 'get', requestId: '={{ $json.id }}' };
	const rows = ids.map((id) => ({ id }));
	const early = await bed.run(rows, get);
	expect(['IN_QUEUE', 'IN_PROGRESS']).toContain(early.outputs[0]?.[0]?.json.status);
	let late = early;
	for (let tries = 0; tries < 20 && late.outputs[0]?.[1]?.json.status !== 'COMPLETED'; tries += 1) {
		await new Promise((resolve) => setTimeout(resolve, 300));
		late = await bed.run(rows, get);
	}
	expect(late.outputs[0]?.map(({ json }) => [json.requestId, json.status])).toEqual(
		ids.map((id) => [id, 'COMPLETED']),
	);
	expect((await readFile(late.outputs[0]?.[1])).length).toBeGreaterThan(100);
});

test('Submit passes the options of fal on', async () => {
	await bed.run([{}], {
		operation: 'submit',
		options: {
			priority: 'low',
			startTimeout: 30,
			outputLifetime: 7200,
			storeIo: false,
			webhookUrl: `${bed.sandbox.media.url}/hook`,
		},
	});
	const submit = bed.sandbox.calls.find(({ path }) => path.startsWith('/fal-ai/fashn/tryon'));
	expect(submit?.headers).toMatchObject({
		'x-fal-queue-priority': 'low',
		'x-fal-request-start-timeout': '30',
		'x-fal-request-timeout': '30',
		'x-fal-store-io': '0',
		'x-fal-object-lifecycle-preference': '{"expiration_duration_seconds":7200}',
	});
	expect(submit?.query.get('fal_webhook')).toBe(`${bed.sandbox.media.url}/hook`);
});

test('Additional Fields win over pictures', async () => {
	const additional_fields = JSON.stringify({ garment_image: bed.person });
	await bed.run([{}], { additionalFields: { additional_fields }, download: false });
	expect(bed.sandbox.fal.submits()).toMatchObject([{ input: { garment_image: bed.person } }]);
});

test('Cancel says what fal said', async () => {
	bed.sandbox.fal.options.outcome = () => ({ kind: 'stuck', state: 'IN_QUEUE' });
	const submitted = await bed.run([{}], { operation: 'submit' });
	const id = String(submitted.outputs[0]?.[0]?.json.requestId);
	const cancel = async (requestId: string) =>
		(await bed.run([{}], { resource: 'job', operation: 'cancel', requestId })).outputs[0]?.[0]
			?.json;
	expect(await cancel(id)).toMatchObject({ requestId: id, status: 'OK', cancelled: true });
	expect(await cancel(id)).toMatchObject({ status: 'ALREADY_COMPLETED', cancelled: false });
	expect(await cancel(UNKNOWN_ID)).toMatchObject({ status: 'NOT_FOUND', cancelled: false });
});

// n8n pairs one item per row itself: only where a row is missing can the node's own pairs be seen.
test.each(['get', 'cancel'])('%s pairs each item with its row', async (operation) => {
	bed.sandbox.fal.options.outcome = () => ({ kind: 'stuck', state: 'IN_PROGRESS' });
	const submitted = await bed.run([{}], { operation: 'submit' });
	const id = String(submitted.outputs[0]?.[0]?.json.requestId);
	const { outputs } = await bed.run(
		[{ id }, { id: '../no-id' }, { id }],
		{ resource: 'job', operation, requestId: '={{ $json.id }}' },
		{ onError: 'continueErrorOutput' },
	);
	expect(outputs[0]?.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 2 }]);
	expect(errorsOf(outputs[1])).toEqual([expect.stringMatching(/^Item 2: 'Request ID' is/)]);
});

test('under Stop Workflow the first row that fails ends a Get, and no other row is asked for', async () => {
	const rows = Array.from({ length: 30 }, (_, n) => ({ id: n === 0 ? '../no-id' : UNKNOWN_ID }));
	const get = { resource: 'job', operation: 'get', requestId: '={{ $json.id }}' };
	const { error } = await bed.run(rows, { ...get, options: { jobsInFlight: 3 } });
	expect(error?.message).toMatch(/^Item 1: 'Request ID' is/);
	// What would still be asked for is asked for while another run goes on.
	const others = rows.slice(0, 5).map((_, n) => ({ id: `another-${n}` }));
	await bed.run(
		others,
		{ ...get, options: { jobsInFlight: 1 } },
		{ onError: 'continueErrorOutput' },
	);
	const asked = bed.sandbox.calls.filter(({ path }) => path.endsWith(`${UNKNOWN_ID}/status`));
	expect(asked.length).toBeLessThan(6);
});

test('a failed row goes to the error output with its columns, the others to the first', async () => {
	const rows = [
		{ sku: 'A' },
		{ sku: 'B', url: `${bed.sandbox.media.url}/nowhere.png` },
		{ sku: 'C' },
	];
	const { outputs } = await bed.run(
		rows,
		{ garment_image: `={{ $json.url ?? "${bed.garment}" }}`, download: false },
		{ onError: 'continueErrorOutput' },
	);
	expect(outputs[0]?.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 2 }]);
	expect(outputs[1]?.[0]?.json).toMatchObject({
		sku: 'B',
		details: { service: 'fal', stage: 'result', statusCode: 422, field: 'Garment Image' },
	});
	expect(errorsOf(outputs[1])[0]).toMatch(
		/^Item 2: Job [\w-]+: fal says: garment_image: .*must open without a log-in/,
	);
});

test('the old way of continuing gives error rows in place', async () => {
	const { outputs } = await bed.run(
		[{}, {}],
		{ category: '={{ $itemIndex === 0 ? "hat" : "tops" }}', download: false },
		{ onError: 'continueRegularOutput' },
	);
	expect(outputs[0]).toHaveLength(2);
	expect(errorsOf(outputs[0])[0]).toMatch(/^Item 1: 'Category'/);
	expect(outputs[0]?.[1]?.json.status).toBe('COMPLETED');
});

test('the retired endpoint sends the fields of its schema and ends in words', async () => {
	const { error } = await bed.run([{}], {
		endpoint: 'fashn/tryon',
		category: 'tops',
		additionalFields: {
			nsfw_filter: false,
			cover_feet: true,
			guidance_scale: 2.5,
			timesteps: 30,
			seed: '42',
		},
	});
	expect(error?.message).toMatch(/fal has retired this endpoint/);
	expect(error?.description).toMatch(/^Set 'Endpoint' to FASHN Try-On v1\.6/);
	const submit = bed.sandbox.calls.find(({ path }) => path === '/fashn/tryon');
	expect(JSON.parse(String(submit?.body))).toEqual({
		model_image: bed.person,
		garment_image: bed.garment,
		category: 'tops',
		nsfw_filter: false,
		cover_feet: true,
		guidance_scale: 2.5,
		timesteps: 30,
		seed: 42,
		num_samples: 1,
	});
});

describe('an endpoint by an expression', () => {
	const V16 = 'fal-ai/fashn/tryon/v1.6';
	const chosen = {
		output_format: 'jpeg',
		segmentation_free: false,
		moderation_level: 'conservative',
		seed: '5',
	};
	const byRow = { endpoint: '={{ $json.e }}', operation: 'submit' };

	test('sends what was set, as the endpoint that is chosen does', async () => {
		await bed.run([{ e: V16 }], { ...byRow, additionalFields: chosen });
		await bed.run([{}], { operation: 'submit', additionalFields: chosen });
		const [byExpression, fixed] = bed.sandbox.fal.submits().map(({ input }) => input);
		expect(fixed).toMatchObject({ ...chosen, category: 'auto', mode: 'balanced', seed: 5 });
		expect(byExpression).toEqual(fixed);
	});

	test('finds each parameter of an operation once, since n8n shows those of all endpoints', () => {
		const names = new FashnTryOn().description.properties.map(({ name, displayOptions }) => {
			const { resource, operation } = displayOptions?.show ?? {};
			return JSON.stringify([resource, operation, name]);
		});
		expect(names.filter((name, index) => names.indexOf(name) < index)).toEqual([]);
	});

	test('is saved with its fields by the editor', () => {
		const { description } = new FashnTryOn();
		const node: INode = {
			id: '1',
			name: 'n',
			type: 'fashnTryOn',
			typeVersion: 1,
			position: [0, 0],
			parameters: { ...generate('a', 'b'), ...byRow, additionalFields: chosen },
		};
		const { properties } = description;
		const saved = NodeHelpers.getNodeParameters(
			properties,
			node.parameters,
			false,
			false,
			node,
			description,
		);
		expect(saved?.additionalFields).toEqual(chosen);
	});

	test('asks for the address of no picture that is a file', async () => {
		const photo = await storeFile(await smallPerson(1), 'a.jpg', 'image/jpeg');
		const { error } = await bed.run([{ json: { e: V16 }, binary: { data: photo } }], {
			...byRow,
			model_image_source: 'binary',
			model_image: '',
			model_image_binary: 'data',
		});
		expect(error).toBeUndefined();
		expect(bed.sandbox.fal.submits()).toHaveLength(1);
	});

	test('refuses a row with a setting that its endpoint does not have', async () => {
		const { outputs } = await bed.run(
			[
				{ e: V16, long: true },
				{ e: 'fashn/tryon', long: true },
				// What it is anyway, or nothing, is no setting.
				{ e: 'fal-ai/fashn/tryon/v1.5', long: false },
				{ e: V16, long: '' },
			],
			{
				...byRow,
				category: 'tops',
				additionalFields: { long_top: '={{ $json.long }}', seed: '1' },
			},
			{ onError: 'continueRegularOutput' },
		);
		const [newest, legacy] = errorsOf(outputs[0]);
		expect(newest).toMatch(
			/^Item 1: 'Long Top' is set, which 'Endpoint' .+ does not have\. Remove/,
		);
		expect(legacy).toMatch(/fal has retired this endpoint/);
		expect(jsonOf(outputs[0]).map(({ requestId }) => typeof requestId)).toEqual([
			...['undefined', 'undefined', 'string', 'string'],
		]);
	});
});

test('an endpoint that is fixed leaves out what was added for another one', async () => {
	const additionalFields = { long_top: true, seed: '1' };
	const { error } = await bed.run([{}], { operation: 'submit', additionalFields });
	expect(error).toBeUndefined();
	expect(bed.sandbox.fal.submits()[0]?.input).not.toHaveProperty('long_top');
});

test('the retired endpoint detects no category', async () => {
	const { error } = await bed.run([{}], { endpoint: 'fashn/tryon' });
	expect(error?.message).toMatch(/'Category' is "auto"/);
	expect(error?.description).toMatch(/bottoms, one-pieces, tops/);
	expect(bed.sandbox.fal.submits()).toEqual([]);
});

test('additional fields win and unknown ones arrive', async () => {
	await bed.run([{}], {
		additionalFields: { additional_fields: { mode: 'quality', new_field: 1 } },
		operation: 'submit',
	});
	expect(bed.sandbox.fal.submits()[0]?.input).toMatchObject({ mode: 'quality', new_field: 1 });
});
