import type { INodeParameters } from 'n8n-workflow';

import type { Field } from '../../../../lib/fields/field';
import { decode } from '../../../../sandbox/astria/decode';
import { isTree, type Param, Upload } from '../../../../sandbox/astria/params';
import { FILE_GROUP } from '../../../../nodes/shared/fieldProperty';
import type { Bed } from './bed';

/** What a parameter holds. */
type Given = string | boolean | INodeParameters;

/** A value for a field: what the editor stores, and what the API has to get. */
export interface Sample {
	given: Given;
	expected: unknown;
}

const ADDRESS = 'https://example.com/a.jpg';

/** Values for a field of each kind; of every option, and of both yes and no. */
export function samplesOf(field: Exclude<Field, { type: 'picture' }>): Sample[] {
	switch (field.type) {
		case 'integer':
		case 'number': {
			const { min = 1, max = 7, step = 1 } = field;
			const value = field.type === 'integer' ? Math.ceil(Math.max(min, 1) / step) * step : max / 2;
			return [{ given: String(value), expected: value }];
		}
		case 'boolean':
			return [true, false].map((value) => ({ given: value, expected: value }));
		case 'options':
			return Object.keys(field.options).map((value) => ({
				given: value,
				expected: value === field.absent ? undefined : field.numeric ? Number(value) : value,
			}));
		case 'text':
			return [{ given: ' Some "text" & more ', expected: 'Some "text" & more' }];
		case 'url':
			return [{ given: ADDRESS, expected: ADDRESS }];
		case 'time':
			return [{ given: '2026-11-24T09:00:00+01:00', expected: '2026-11-24T08:00:00.000Z' }];
		case 'json':
			return [{ given: '{"a":1}', expected: { a: 1 } }];
		case 'entityId':
			return [{ given: { __rl: true, mode: 'id', value: '690204' }, expected: 690204 }];
		case 'entity':
			return [{ given: { __rl: true, mode: 'id', value: 'headshots' }, expected: 'headshots' }];
		case 'ids':
			return [{ given: '501, 502', expected: [501, 502] }];
		case 'lines':
			return [{ given: 'front\n\nback ', expected: ['front', 'back'] }];
		case 'pairs':
			return [
				{
					given: { pairs: [{ name: 'eye_color', value: 'blue eyes' }] },
					expected: { eye_color: 'blue eyes' },
				},
			];
	}
}

/** A file field of a collection, given by address. */
export function collectedAddress(name: string, address = ADDRESS): INodeParameters {
	return { [FILE_GROUP]: { [`${name}_source`]: 'address', [name]: address } };
}

/** A file field of a collection, given by the item's own file. */
export function collectedFile(name: string): INodeParameters {
	return { [FILE_GROUP]: { [`${name}_source`]: 'binary', [`${name}_binary`]: 'data' } };
}

/** What a form makes of a value. */
export function inForm(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(inForm);
	if (typeof value === 'object' && value !== null) {
		return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, inForm(inner)]));
	}
	return value === undefined ? undefined : String(value);
}

function plain(value: Param | undefined): unknown {
	if (value instanceof Upload) return { file: value.filename, type: value.contentType };
	if (Array.isArray(value)) return value.map(plain);
	if (!isTree(value)) return value;
	return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

/** One POST: what it sent under `tune`, and how it was written down. */
export interface Sent {
	path: string;
	encoding: string;
	tune: Record<string, unknown>;
}

/** The POSTs that Astria got, without the first ones. */
export async function sentSince(bed: Bed, first: number): Promise<Sent[]> {
	const calls = bed.calls(/^POST/).slice(first);
	return await Promise.all(
		calls.map(async (call) => {
			const { params, encoding } = await decode(call);
			const tune = plain(params.tune);
			const entries = typeof tune === 'object' && tune !== null ? Object.entries(tune) : [];
			return { path: call.path, encoding, tune: Object.fromEntries(entries) };
		}),
	);
}
