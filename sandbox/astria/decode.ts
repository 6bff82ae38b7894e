import { parseForm } from '../form';
import { parseJson } from '../json';
import type { SandboxRequest } from '../types';
import { BadParams, Upload, fromJson, isTree, nest, newTree } from './params';
import type { Param, ParamTree } from './params';

/** How the caller wrote the parameters down. */
export type Encoding = 'json' | 'multipart' | 'form' | 'none';

/** A request's parameters, whatever they were written in. */
export interface Decoded {
	params: ParamTree;
	encoding: Encoding;
}

function encodingOf(request: SandboxRequest): Encoding {
	const type = request.headers['content-type'] ?? '';
	if (/^application\/([\w.-]+\+)?json\b/i.test(type)) return 'json';
	if (/^multipart\/form-data\b/i.test(type)) return 'multipart';
	if (/^application\/x-www-form-urlencoded\b/i.test(type)) return 'form';
	return 'none';
}

function jsonFields(body: Buffer): ParamTree {
	if (body.length === 0) return newTree();
	const value = fromJson(parseJson(body.toString('utf8')));
	if (!isTree(value)) throw new BadParams('the body is not a JSON object');
	return value;
}

async function formFields(request: SandboxRequest): Promise<Array<[string, Param]>> {
	try {
		const { fields, files } = await parseForm(request);
		// parseForm keeps files apart, so text comes first: files inside arrays of hashes need an index.
		return [
			...fields,
			...files.map((file): [string, Param] => [
				file.name,
				new Upload(file.filename, file.contentType, file.data),
			]),
		];
	} catch (error) {
		throw new BadParams('the form is not readable', { cause: error });
	}
}

/**
 * Reads the parameters of a request: JSON, multipart or URL-encoded. Another content type has no
 * parameters, as in Rails.
 * @throws {BadParams} when the body is not what its content type says
 */
export async function decode(request: SandboxRequest): Promise<Decoded> {
	const encoding = encodingOf(request);
	if (encoding === 'json') return { params: jsonFields(request.body), encoding };
	if (encoding === 'none') return { params: newTree(), encoding };
	return { params: nest(await formFields(request)), encoding };
}
