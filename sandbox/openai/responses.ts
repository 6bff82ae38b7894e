import {
	BadRequest,
	checkPairs,
	picturesOf,
	recordsOf,
	type Reply,
	type Talk,
	textOf,
	thinks,
	toolOf,
} from './talk';

/** Reads a request of `POST /v1/responses` (platform.openai.com, API reference). */
export function readResponses(body: Record<string, unknown>): Talk {
	if (typeof body.model !== 'string') throw new BadRequest('you must provide a model parameter');
	const items = recordsOf(body.input, 'input');
	const ofType = (type: string) => items.filter((item) => item.type === type);
	const outputs = ofType('function_call_output');
	// The type of a message may be left out.
	const messages = items.filter(({ type = 'message' }) => type === 'message');
	const callId = ({ call_id: id }: Record<string, unknown>) => String(id);
	checkPairs(ofType('function_call').map(callId), outputs.map(callId));
	return {
		model: body.model,
		tools: recordsOf(body.tools, 'tools')
			.filter(({ type }) => type === 'function')
			.map(toolOf),
		messages: messages.map(({ role, content }) => ({ role: String(role), text: textOf(content) })),
		pictures: messages.flatMap(({ content }) => picturesOf(content)),
		toolOutputs: outputs.map(({ output }) => textOf(output)),
	};
}

/** The answer to it. */
export function writeResponses({ model }: Talk, reply: Reply, id: string): object {
	const said =
		reply.kind === 'text' ? [{ type: 'output_text', text: reply.text, annotations: [] }] : [];
	const output =
		reply.kind === 'text'
			? { type: 'message', id: `msg_${id}`, role: 'assistant', content: said }
			: {
					type: 'function_call',
					id: `fc_${id}`,
					call_id: `call_${id}`,
					name: reply.tool,
					arguments: JSON.stringify(reply.input),
				};
	return {
		id: `resp_${id}`,
		object: 'response',
		created_at: Math.floor(Date.now() / 1000),
		status: 'completed',
		error: null,
		incomplete_details: null,
		instructions: null,
		metadata: {},
		model,
		output: [
			...(thinks(model) ? [{ type: 'reasoning', id: `rs_${id}`, summary: [] }] : []),
			{ ...output, status: 'completed' },
		],
		parallel_tool_calls: true,
		tool_choice: 'auto',
		tools: [],
		usage: {
			input_tokens: 1,
			input_tokens_details: { cached_tokens: 0 },
			output_tokens: 1,
			output_tokens_details: { reasoning_tokens: 0 },
			total_tokens: 2,
		},
	};
}
