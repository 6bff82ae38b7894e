import { isRecord } from '../json';

/** A tool that the caller offers. */
export interface OfferedTool {
	name: string;
	description: string;
	/** JSON Schema of its arguments. */
	parameters: Record<string, unknown>;
}

/** What the model has been told so far, whichever way it was asked. */
export interface Talk {
	model: string;
	tools: OfferedTool[];
	/** What was said, oldest first. */
	messages: Array<{ role: string; text: string }>;
	/** Addresses of the pictures that it is shown, oldest first. */
	pictures: string[];
	/** What tools answered, oldest first. */
	toolOutputs: string[];
}

/** What the model says next. */
export type Reply =
	| { kind: 'text'; text: string }
	| { kind: 'call'; tool: string; input: Record<string, unknown> };

/** A request that OpenAI would refuse with 400. */
export class BadRequest extends Error {}

/** OpenAI's rule for names of functions (platform.openai.com, API reference, tools). */
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** A list of objects; undefined counts as empty. */
export function recordsOf(value: unknown, name: string): Array<Record<string, unknown>> {
	if (value === undefined) return [];
	if (Array.isArray(value) && value.every(isRecord)) return value;
	throw new BadRequest(`Invalid type for '${name}': expected an array of objects.`);
}

/** A text, or the text parts of a list of parts. */
export function textOf(content: unknown): string {
	if (typeof content === 'string') return content;
	return recordsOf(content, 'content')
		.map(({ text }) => (typeof text === 'string' ? text : ''))
		.join('\n');
}

/** Addresses of the pictures among the parts of a message, in the words of either API. */
export function picturesOf(content: unknown): string[] {
	if (typeof content === 'string') return [];
	return recordsOf(content, 'content').flatMap(({ type, image_url: image }) => {
		if (type !== 'input_image' && type !== 'image_url') return [];
		const address = isRecord(image) ? image.url : image;
		if (typeof address === 'string' && /^(?:https?|data):/.test(address)) return [address];
		throw new BadRequest("Invalid 'image_url': expected an address or a data URL.");
	});
}

/** Checks an offered tool as OpenAI does. */
export function toolOf(given: Record<string, unknown>): OfferedTool {
	const { name, description = '', parameters } = given;
	if (typeof name !== 'string' || !TOOL_NAME.test(name)) {
		throw new BadRequest(`Invalid 'tools[].name': string does not match ${TOOL_NAME.source}.`);
	}
	if (!isRecord(parameters) || parameters.type !== 'object') {
		throw new BadRequest(`Invalid schema for function '${name}': schema must be of type "object".`);
	}
	return { name, description: String(description), parameters };
}

/** Every answer of a tool belongs to a call, and every call has its answer. */
export function checkPairs(called: readonly string[], answered: readonly string[]): void {
	const stray = answered.find((id) => !called.includes(id));
	if (stray !== undefined) throw new BadRequest(`No tool call found for output with id ${stray}.`);
	const open = called.find((id) => !answered.includes(id));
	if (open !== undefined) throw new BadRequest(`No tool output found for function call ${open}.`);
}

/**
 * Checks what the scripted model wants against the tool's own schema: a real model knows no more
 * than that.
 *
 * @throws Error when the script asks for something that the tool does not offer
 */
export function checkCall(talk: Talk, reply: Reply): void {
	if (reply.kind === 'text') return;
	const tool = talk.tools.find(({ name }) => name === reply.tool);
	const offered = talk.tools.map(({ name }) => name).join(', ');
	if (!tool) throw new Error(`The script calls '${reply.tool}'; offered: ${offered}`);
	const properties = isRecord(tool.parameters.properties) ? tool.parameters.properties : {};
	const required = Array.isArray(tool.parameters.required) ? tool.parameters.required : [];
	const unknown = Object.keys(reply.input).filter((name) => !(name in properties));
	const missing = required.filter((name) => !(String(name) in reply.input));
	if (unknown.length + missing.length === 0) return;
	throw new Error(`'${tool.name}' has no ${unknown.join(', ')}; it needs ${missing.join(', ')}`);
}

/** Whether a model thinks before it answers unless told otherwise (developers.openai.com, Models). */
export function thinks(model: string): boolean {
	return model.startsWith('gpt-6');
}
