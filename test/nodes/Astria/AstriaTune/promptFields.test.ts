import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';

import { PROMPT_SETTINGS } from '../../../../lib/astria/fields/prompt';
import type { Field } from '../../../../lib/fields/field';
import { storeFile, useBinaryMode } from '../../../engine/engine';
import { type Parameters, picked } from '../../../engine/items';
import { smallPerson } from '../../../engine/pictures';
import { type Bed, makeBed } from './bed';
import {
	collectedAddress,
	collectedFile,
	inForm,
	type Sample,
	samplesOf,
	type Sent,
	sentSince,
} from './samples';

let bed: Bed;
let rows: INodeExecutionData[];

beforeAll(async () => {
	await useBinaryMode('default');
	bed = await makeBed();
	const data = await storeFile(await smallPerson(1), 'wrong.png', 'image/png');
	rows = [{ json: {}, binary: { data } }];
});

afterAll(async () => {
	await bed.sandbox.close();
});

async function send(parameters: Parameters): Promise<Sent | undefined> {
	const before = bed.calls(/^POST/).length;
	const settings = { onError: 'continueRegularOutput' } as const;
	const { error } = await bed.run(rows, { wait: 'none', ...parameters }, settings);
	expect(error).toBeUndefined();
	const [sent] = await sentSince(bed, before);
	return sent;
}

/** What a field needs beside it, so that the node does not refuse it. */
function companionsOf(name: string, { needs }: Field): INodeParameters {
	if (needs === 'input_image') return { input_image: collectedAddress('input_image') };
	const isOfVideo = [name, needs].some((word) => word?.startsWith('video_'));
	return {
		...(isOfVideo && { video_model: 'kling25', video_prompt: 'turns around' }),
		...(needs === 'video_upscale_model' && { video_upscale_model: 'seedvr2' }),
		...(name === 'video_model' && { input_video: collectedAddress('input_video') }),
	};
}

const FIELDS = Object.entries<Field>(PROMPT_SETTINGS);

interface Case extends Sample {
	name: string;
	field: Field;
}

/** One prompt with a field and what it needs. */
function promptWith({ name, field }: Omit<Case, keyof Sample>, given: Sample['given']) {
	return { text: 'ohwx woman', fields: { ...companionsOf(name, field), [name]: given } };
}

/** Every value of every field that is no file. */
const CASES: Case[] = FIELDS.flatMap(([name, field]) =>
	field.type === 'picture' ? [] : samplesOf(field).map((sample) => ({ name, field, ...sample })),
);

/** Every picture field, with the name for its address. */
const FILES = FIELDS.flatMap(([name, field]) =>
	field.type === 'picture' && field.media === undefined
		? [{ name, field, addressName: field.addressName ?? name, many: field.multiple === true }]
		: [],
);

/** The prompts of one call, one for each case. */
function promptsOf(sent: Sent | undefined): unknown[] {
	const prompts = sent?.tune.prompts_attributes;
	return Array.isArray(prompts) ? prompts : [];
}

describe('prompts that come with a tune', () => {
	test('there are cases for all settings', () => {
		const tried = [...CASES, ...FILES].map(({ name }) => name);
		const others = ['input_video', 'audio_reference'];
		expect(new Set([...tried, ...others])).toEqual(new Set(Object.keys(PROMPT_SETTINGS)));
		expect(CASES.length).toBeGreaterThan(100);
	});

	test.each<[string, Parameters, (value: unknown) => unknown]>([
		['json', {}, (value) => value],
		['multipart', { images_source: 'binary', images_binary: 'data' }, inForm],
	])('every value of every field arrives in %s', async (encoding, source, written) => {
		const prompts = CASES.map(({ given, ...rest }) => promptWith(rest, given));
		const sent = await send({ prompts: { prompts }, ...source });
		expect(sent?.encoding).toBe(encoding);
		const arrived = promptsOf(sent);
		expect(arrived).toHaveLength(CASES.length);
		CASES.forEach(({ name, expected }, index) => {
			const text = { text: 'ohwx woman' };
			const wanted = expected === undefined ? text : { ...text, [name]: written(expected) };
			expect(arrived[index]).toMatchObject(wanted);
			if (expected === undefined) expect(arrived[index]).not.toHaveProperty(name);
		});
	});

	test('every picture arrives as an address and as a file', async () => {
		const one = ({ many }: { many: boolean }, value: unknown) => (many ? [value] : value);
		const byAddress = FILES.map((file) => promptWith(file, collectedAddress(file.name)));
		const json = await send({ prompts: { prompts: byAddress } });
		expect(promptsOf(json)).toMatchObject(
			FILES.map((field) => ({ [field.addressName]: one(field, 'https://example.com/a.jpg') })),
		);
		const byFile = FILES.map((file) => promptWith(file, collectedFile(file.name)));
		const form = await send({ prompts: { prompts: byFile } });
		expect(form?.encoding).toBe('multipart');
		const file = { file: 'wrong.jpg', type: 'image/jpeg' };
		expect(promptsOf(form)).toMatchObject(
			FILES.map((field) => ({ [field.name]: one(field, file) })),
		);
	});

	test('lora_scale arrives, and prompts as JSON come after those of the form', async () => {
		const prompts = { prompts: [{ text: 'a', fields: { lora_scale: '0.5' } }] };
		const sent = await send({ prompts, prompts_json: '[{"text":"b","num_images":2}]' });
		expect(promptsOf(sent)).toEqual([
			{ text: 'a', lora_scale: 0.5 },
			{ text: 'b', num_images: 2 },
		]);
	});

	test('a prompt that Astria would refuse is refused before anything is paid', async () => {
		const { outputs } = await bed.run(
			rows,
			{ prompts: { prompts: [{ text: 'ohwx "woman --mask_prompt face' }] } },
			{ onError: 'continueRegularOutput' },
		);
		expect(outputs[0]?.[0]?.json.error).toMatch(/'Text' has a double quote.*not charged/);
	});
});

test('every value of every field arrives in the prompts of a pack', async () => {
	const pack = { resource: 'pack', operation: 'createTune', packId: picked('260') };
	const promptFields: Record<string, Sample['given']> = {};
	const expected: Record<string, unknown> = {};
	// One value of each field fits into one run.
	for (const { name, given, expected: value } of CASES) {
		promptFields[name] = given;
		expected[name] = value;
	}
	const sent = await send({ ...pack, promptFields });
	expect(sent?.tune.prompt_attributes).toEqual(expected);
});
