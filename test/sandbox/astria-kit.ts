import { isRecord, parseJson } from '../../sandbox/json';
import { startSandbox } from '../../sandbox/index';
import type { Sandbox } from '../../sandbox/index';
import type { AstriaOptions } from '../../sandbox/astria/index';
import { smallGarment, smallPerson } from '../engine/pictures';
import { call } from './http';
import type { Seen } from './http';

/** One part of a form: a text, or a file. */
export type Part = [name: string, value: string | { data: Buffer; type: string; name?: string }];

/** One call to the stand-in. */
export interface Ask {
	method?: string;
	path: string;
	/** Sent as JSON. */
	json?: unknown;
	/** Sent as multipart. */
	form?: Part[];
	headers?: Record<string, string>;
}

/** What came back; `body` is the JSON, or undefined when there is none. */
export interface Answer extends Seen {
	body: unknown;
}

/** An entity in an answer. */
export type Entity = Record<string, unknown> & { id: number };

const AGENT = 'sandbox-test/1.0';

/** Long enough that nothing ends by itself: these tests settle what they want to see. */
const PATIENT = { trainingMs: 600_000, generationMs: 600_000 };

async function encode({ json, form }: Ask): Promise<{ type?: string; body?: Buffer }> {
	if (json !== undefined) {
		return { type: 'application/json', body: Buffer.from(JSON.stringify(json)) };
	}
	if (form === undefined) return {};
	const data = new FormData();
	for (const [name, value] of form) {
		if (typeof value === 'string') data.append(name, value);
		else
			data.append(
				name,
				new Blob([new Uint8Array(value.data)], { type: value.type }),
				value.name ?? 'file',
			);
	}
	const printed = new Response(data);
	return {
		type: printed.headers.get('content-type') ?? '',
		body: Buffer.from(await printed.arrayBuffer()),
	};
}

/** The names in an answer's body. */
export function namesIn(body: unknown): string[] {
	return isRecord(body) ? Object.keys(body).sort() : [];
}

/** Whether an answer's body is one entity. */
export function isEntity(value: unknown): value is Entity {
	return isRecord(value) && typeof value.id === 'number';
}

/** A sandbox with a caller that has the right key. */
export class Kit {
	constructor(
		readonly sandbox: Sandbox,
		readonly person: Buffer,
		readonly garment: Buffer,
	) {}

	get astria() {
		return this.sandbox.astria;
	}

	/** A JPEG part with a person on it. */
	get personFile() {
		return { data: this.person, type: 'image/jpeg', name: 'person.jpg' };
	}

	/** A PNG part with a garment on it. */
	get garmentFile() {
		return { data: this.garment, type: 'image/png', name: 'garment.png' };
	}

	/** Makes one call; the key, the client's name and the accepted type go along. */
	async ask(ask: Ask): Promise<Answer> {
		const { type, body } = await encode(ask);
		const seen = await call(this.astria.url + ask.path, {
			method: ask.method ?? (body === undefined ? 'GET' : 'POST'),
			headers: {
				Accept: 'application/json',
				Authorization: `Bearer ${this.astria.key}`,
				'User-Agent': AGENT,
				...(type !== undefined && { 'Content-Type': type }),
				...ask.headers,
			},
			...(body !== undefined && { body }),
		});
		return { ...seen, body: parseJson(seen.text) };
	}

	/** Makes one call that must answer with one entity. */
	async entity(ask: Ask): Promise<Entity> {
		const answer = await this.ask(ask);
		if (!isEntity(answer.body)) throw new Error(`No entity: ${answer.status} ${answer.text}`);
		return answer.body;
	}

	/** Makes one call that must answer with a list, and returns its ids. */
	async ids(ask: Ask): Promise<number[]> {
		const { body, status, text } = await this.ask(ask);
		if (!Array.isArray(body)) throw new Error(`No list: ${status} ${text}`);
		return body.filter(isEntity).map(({ id }) => id);
	}

	/** Makes a reference of one picture; it is ready at once. */
	async reference(name: string, base = 4180298, title = `A ${name}`): Promise<Entity> {
		return await this.entity({
			path: '/tunes',
			form: [
				['tune[title]', title],
				['tune[name]', name],
				['tune[model_type]', 'faceid'],
				['tune[base_tune_id]', String(base)],
				['tune[images][]', name === 'woman' ? this.personFile : this.garmentFile],
			],
		});
	}

	/** Starts to train a tune of SD 1.5. */
	async tune(more: Record<string, unknown> = {}): Promise<Entity> {
		const image_urls = [this.sandbox.media.publish(this.person, 'image/jpeg')];
		const tune = { title: 'Jane', name: 'woman', branch: 'sd15', image_urls, ...more };
		return await this.entity({ path: '/tunes', json: { tune } });
	}

	/** Trains a tune to its end. */
	async trained(more: Record<string, unknown> = {}): Promise<Entity> {
		const { id } = await this.tune(more);
		await this.astria.settle(id);
		return await this.entity({ path: `/tunes/${id}` });
	}

	/** Starts a prompt. */
	async prompt(tuneId: number, fields: Record<string, unknown> = {}): Promise<Entity> {
		const prompt = { text: 'a photo', ...fields };
		return await this.entity({ path: `/tunes/${tuneId}/prompts`, json: { prompt } });
	}

	/** Runs a prompt to its end. */
	async generated(tuneId: number, fields: Record<string, unknown> = {}): Promise<Entity> {
		const { id } = await this.prompt(tuneId, fields);
		await this.astria.settle(id);
		return await this.entity({ path: `/prompts/${id}` });
	}
}

/** Starts a sandbox in which nothing ends before it is settled, unless the options say so. */
export async function startKit(options: AstriaOptions = {}): Promise<Kit> {
	const sandbox = await startSandbox({ astria: { ...PATIENT, ...options } });
	return new Kit(sandbox, await smallPerson(1), await smallGarment(2));
}
