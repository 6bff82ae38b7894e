import { createHash } from 'node:crypto';
import { readPicture } from '../pictures';
import type { Route, SandboxAnswer } from '../types';
import { route, unprocessable, writeScope } from './door';
import type { Call } from './door';
import { cast } from './fields';
import type { Field } from './fields';
import { download, fromBlob } from './files';
import { PRICES, charge } from './money';
import { Upload } from './params';
import type { ParamTree } from './params';
import type { World } from './world';

const NAME: Field = { name: 'name', type: 'text' };
const FILE_URL: Field = { name: 'file_url', type: 'text' };
const SIGNED_ID: Field = { name: 'blob_signed_id', type: 'text' };

/** What an inspection can say. `brunette` is outside the documented list, and comes all the same. */
const TEXTS: Record<string, string[]> = {
	age: ['20 yo', '30 yo', '40 yo', '50 yo'],
	body_type: ['slim', 'average', 'athletic'],
	ethnicity: ['caucasian', 'african american', 'asian', 'hispanic'],
	eye_color: ['brown eyes', 'blue eyes', 'green eyes'],
	facial_hair: ['', 'beard', 'NONE'],
	glasses: ['', 'glasses', 'NONE'],
	hair_color: ['brunette', 'black hair', 'blonde hair'],
	hair_length: ['short hair', 'medium hair', 'long hair'],
	hair_style: ['wavy hair', 'straight hair', 'curly hair'],
	headcover: ['', 'NONE', 'hijab'],
	is_bald: ['', 'bald'],
};

const FLAGS = [
	...['blurry', 'full_body_image_or_longshot', 'funny_face', 'includes_multiple_people'],
	...['low_quality', 'low_resolution', 'selfie', 'wearing_hat', 'wearing_sunglasses'],
];

/** Any of these may be missing from an answer. */
const SOMETIMES = ['body_type', 'headcover', 'low_quality', 'low_resolution'];

const GARMENTS = ['shirt', 'dress', 'pants', 'coat', 'shoes', 'bag'];

/** One byte for each question, always the same for the same picture. */
function asker(data: Buffer): (question: string) => number {
	return (question) => createHash('sha256').update(question).update(data).digest()[0] ?? 0;
}

function describe(data: Buffer, name: string): Record<string, string | boolean> {
	const ask = asker(data);
	const texts = Object.entries(TEXTS).map(([key, values]): [string, string] => [
		key,
		values[ask(key) % values.length] ?? '',
	]);
	// Most pictures are good ones: one flag in eight is up.
	const flags = FLAGS.map((key): [string, boolean] => [key, ask(key) % 8 === 0]);
	const all: Array<[string, string | boolean]> = [...texts, ...flags, ['name', name]];
	return Object.fromEntries(
		all.filter(([key]) => !SOMETIMES.includes(key) || ask(`tells ${key}`) % 2 === 0),
	);
}

/** The bytes to look at: those sent, those behind an address, or those of the address itself for a public one, which is not called. */
async function pictureOf({ world }: Call, params: ParamTree): Promise<Buffer> {
	if (params.file instanceof Upload) return params.file.data;
	const url = cast(FILE_URL, params.file_url, {});
	if (typeof url !== 'string') throw unprocessable({ file: ["can't be blank"] });
	const found = await download(world, url);
	if (found === 'remote') return Buffer.from(url);
	if (found === undefined) throw unprocessable({ file_url: [`could not download ${url}`] });
	return found.data;
}

async function inspect(call: Call): Promise<SandboxAnswer> {
	const { params } = await call.read();
	const name = cast(NAME, params.name, {});
	if (typeof name !== 'string') throw unprocessable({ name: ["can't be blank"] });
	const data = await pictureOf(call, params);
	if (params.file instanceof Upload && (await readPicture(data)) === undefined) {
		throw unprocessable({ file: ['is not a valid image'] });
	}
	return { status: 200, body: describe(data, name) };
}

async function nameClass(call: Call): Promise<SandboxAnswer> {
	const { params } = await call.read();
	const ask = asker(await pictureOf(call, params));
	const className = GARMENTS[ask('class') % GARMENTS.length] ?? '';
	return {
		status: 200,
		body: {
			class_name: className,
			short_description: `a ${className}`,
			caption: `a photo of a ${className} on a plain background`,
			first_name: null,
		},
	};
}

/** Describes a video, at a price; the video is not really looked at. */
async function describeVideo(call: Call): Promise<SandboxAnswer> {
	const { world } = call;
	const { params } = await call.read();
	const signedId = cast(SIGNED_ID, params.blob_signed_id, {});
	const blob = typeof signedId === 'string' ? fromBlob(world, signedId) : undefined;
	const ask = asker(blob?.data ?? (await pictureOf(call, params)));
	charge(world, [{ workspaceId: writeScope(call), costMc: PRICES.description }]);
	const className = GARMENTS[ask('class') % GARMENTS.length] ?? '';
	return { status: 200, body: { description: `SANDBOX: somebody turns in a ${className}` } };
}

/** Looking at pictures (https://docs.astria.ai/docs/api/images/inspect). */
export function inspectRoutes(world: World): Route[] {
	return [
		route(world, 'POST', '/images/inspect', inspect),
		route(world, 'POST', '/images/class_name', nameClass),
		route(world, 'POST', '/videos/inspect', describeVideo),
	];
}
