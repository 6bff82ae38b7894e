import { startOpenAi, type StandInOpenAi } from '../../sandbox/openai/index';
import { isRecord } from '../../sandbox/json';
import type { Reply } from '../../sandbox/openai/talk';

const TOOL = {
	name: 'dress',
	description: 'Dresses a person',
	parameters: {
		type: 'object',
		properties: { photo: { type: 'string' } },
		required: ['photo'],
	},
};

const CALL: Reply = { kind: 'call', tool: 'dress', input: { photo: 'p' } };

/** What is at a place in an answer; a number is a place in a list. */
function at(value: unknown, ...steps: Array<string | number>): unknown {
	return steps.reduce<unknown>((found, step) => {
		if (typeof step === 'number') return Array.isArray(found) ? found[step] : undefined;
		return isRecord(found) ? found[step] : undefined;
	}, value);
}

let openai: StandInOpenAi;

beforeEach(async () => {
	openai = await startOpenAi();
});

afterEach(async () => {
	await openai.close();
});

async function post(path: string, body: object, key = openai.key) {
	const answer = await fetch(`${openai.url}${path}`, {
		method: 'POST',
		headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
		body: JSON.stringify({ model: 'other-model', ...body }),
	});
	const told: unknown = await answer.json();
	return { status: answer.status, body: told };
}

const chat = (body: object) => post('/chat/completions', body);
const respond = (body: object) => post('/responses', body);

it('lets no other key in', async () => {
	openai.play(() => ({ kind: 'text', text: 'Hello' }));
	const { status, body } = await post('/responses', { input: [] }, 'wrong');
	expect(status).toBe(401);
	expect(at(body, 'error', 'message')).toMatch(/API key/);
	expect(openai.talks).toEqual([]);
});

it('tells its model the same, whichever way it is asked', async () => {
	openai.play(() => ({ kind: 'text', text: 'Hello' }));
	const said = [
		{ role: 'system', content: 'You are a stylist' },
		{ role: 'user', content: [{ type: 'text', text: 'Hi' }] },
	];
	await chat({ messages: said, tools: [{ type: 'function', function: TOOL }] });
	await respond({ input: said, tools: [{ type: 'function', ...TOOL }] });
	const [first, second] = openai.talks;
	expect(first).toEqual(second);
	expect(first).toEqual({
		model: 'other-model',
		tools: [TOOL],
		messages: [
			{ role: 'system', text: 'You are a stylist' },
			{ role: 'user', text: 'Hi' },
		],
		pictures: [],
		toolOutputs: [],
	});
});

it('shows its model the pictures, in the words of either API', async () => {
	openai.play(() => ({ kind: 'text', text: 'A shirt' }));
	const text = 'What is it?';
	const url = 'https://shop.example.com/shirt.png';
	const image = { type: 'image_url', image_url: { url } };
	await chat({ messages: [{ role: 'user', content: [{ type: 'text', text }, image] }] });
	const shown = { type: 'input_image', detail: 'auto', image_url: url };
	await respond({ input: [{ role: 'user', content: [{ type: 'input_text', text }, shown] }] });
	expect(openai.talks.map(({ pictures }) => pictures)).toEqual([[url], [url]]);
	expect(openai.talks.map(({ messages }) => messages[0]?.text.trim())).toEqual([text, text]);

	const none = { type: 'input_image', image_url: 'shirt.png' };
	const { status } = await respond({ input: [{ role: 'user', content: [none] }] });
	expect(status).toBe(400);
});

it('refuses every call for a while', async () => {
	openai.play(() => ({ kind: 'text', text: 'Hello' }));
	openai.refuse('You exceeded your current quota.');
	expect((await respond({ input: [] })).status).toBe(429);
	openai.refuse(undefined);
	expect((await respond({ input: [] })).status).toBe(200);
	expect(openai.talks).toHaveLength(1);
});

it('calls a tool and hears its answer in chat completions', async () => {
	openai.play(({ toolOutputs: [output] }) =>
		output === undefined ? CALL : { kind: 'text', text: `Done: ${output}` },
	);
	const tools = [{ type: 'function', function: TOOL }];
	const user = { role: 'user', content: 'Hi' };
	const { body } = await chat({ messages: [user], tools });
	const message = at(body, 'choices', 0, 'message');
	expect(at(body, 'choices', 0, 'finish_reason')).toBe('tool_calls');
	const call = at(message, 'tool_calls', 0);
	expect(call).toMatchObject({ function: { name: 'dress', arguments: '{"photo":"p"}' } });
	const answer = { role: 'tool', tool_call_id: at(call, 'id'), content: 'a picture' };
	const end = await chat({ messages: [user, message, answer], tools });
	expect(at(end.body, 'choices', 0)).toMatchObject({
		finish_reason: 'stop',
		message: { content: 'Done: a picture' },
	});
});

it('calls a tool and hears its answer in responses', async () => {
	openai.play(({ toolOutputs: [output] }) =>
		output === undefined ? CALL : { kind: 'text', text: `Done: ${output}` },
	);
	const tools = [{ type: 'function', ...TOOL }];
	const user = { role: 'user', content: 'Hi' };
	const { body } = await respond({ input: [user], tools });
	const call = at(body, 'output', 0);
	expect(call).toMatchObject({ type: 'function_call', name: 'dress', arguments: '{"photo":"p"}' });
	const answer = {
		type: 'function_call_output',
		call_id: at(call, 'call_id'),
		output: 'a picture',
	};
	const end = await respond({ input: [user, call, answer], tools });
	expect(at(end.body, 'output')).toMatchObject([
		{ type: 'message', content: [{ type: 'output_text', text: 'Done: a picture' }] },
	]);
});

it('thinks before it answers, where the model does, and calls tools in responses only', async () => {
	openai.play(() => CALL);
	const model = 'gpt-6-luna';
	const { body } = await respond({ model, input: [], tools: [{ type: 'function', ...TOOL }] });
	expect(at(body, 'output')).toMatchObject([{ type: 'reasoning' }, { type: 'function_call' }]);
	const tools = [{ type: 'function', function: TOOL }];
	expect((await chat({ model, messages: [], tools })).status).toBe(400);
	expect((await chat({ model, messages: [], tools, reasoning_effort: 'none' })).status).toBe(200);
});

it.each([
	['a tool without a schema', { input: [], tools: [{ type: 'function', name: 'dress' }] }],
	[
		'a tool with a name of its own kind',
		{ input: [], tools: [{ type: 'function', ...TOOL, name: 'a b' }] },
	],
	['an answer to no call', { input: [{ type: 'function_call_output', call_id: 'x', output: '' }] }],
	['a call without an answer', { input: [{ type: 'function_call', call_id: 'x', name: 'dress' }] }],
	['a stream', { input: [], stream: true }],
])('refuses %s', async (_, body) => {
	openai.play(() => ({ kind: 'text', text: 'Hello' }));
	expect((await respond(body)).status).toBe(400);
});

it.each<[string, Reply]>([
	['a tool that is not offered', { kind: 'call', tool: 'undress', input: {} }],
	[
		'an argument that the tool does not have',
		{ kind: 'call', tool: 'dress', input: { photo: 1, x: 1 } },
	],
	['too few arguments', { kind: 'call', tool: 'dress', input: {} }],
])('does not let a script use %s', async (_, reply) => {
	openai.play(() => reply);
	const { status } = await respond({ input: [], tools: [{ type: 'function', ...TOOL }] });
	expect(status).toBe(500);
});
