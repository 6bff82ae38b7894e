import { isRecord } from '../json';
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

/** Reads a request of `POST /v1/chat/completions` (platform.openai.com, API reference). */
export function readChat(body: Record<string, unknown>): Talk {
	if (typeof body.model !== 'string') throw new BadRequest('you must provide a model parameter');
	if (thinks(body.model) && body.tools !== undefined && body.reasoning_effort !== 'none') {
		throw new BadRequest(
			`Function tools with reasoning_effort are not supported for ${body.model} in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.`,
		);
	}
	const messages = recordsOf(body.messages, 'messages');
	const called = messages.flatMap(({ tool_calls: calls }) =>
		recordsOf(calls, 'tool_calls').map(({ id }) => String(id)),
	);
	const answers = messages.filter(({ role }) => role === 'tool');
	checkPairs(
		called,
		answers.map(({ tool_call_id: id }) => String(id)),
	);
	return {
		model: body.model,
		tools: recordsOf(body.tools, 'tools').map(({ function: tool }) =>
			toolOf(isRecord(tool) ? tool : {}),
		),
		messages: messages
			.filter(({ role }) => role !== 'tool')
			.map(({ role, content }) => ({ role: String(role), text: textOf(content ?? '') })),
		pictures: messages
			.filter(({ role }) => role !== 'tool')
			.flatMap(({ content }) => picturesOf(content ?? '')),
		toolOutputs: answers.map(({ content }) => textOf(content)),
	};
}

/** The answer to it. */
export function writeChat({ model }: Talk, reply: Reply, id: string): object {
	const call = reply.kind === 'call' && {
		id: `call_${id}`,
		type: 'function',
		function: { name: reply.tool, arguments: JSON.stringify(reply.input) },
	};
	const message = {
		role: 'assistant',
		content: reply.kind === 'text' ? reply.text : null,
		refusal: null,
		...(call && { tool_calls: [call] }),
	};
	const finish = call ? 'tool_calls' : 'stop';
	return {
		id: `chatcmpl-${id}`,
		object: 'chat.completion',
		created: Math.floor(Date.now() / 1000),
		model,
		choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
		usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
	};
}
