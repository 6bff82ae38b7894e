import { isRecord, parseJson } from '../../../sandbox/json';
import type { Route, SandboxAnswer, SandboxRequest } from '../../../sandbox/types';

/** A message as it was posted. */
export interface SlackMessage {
	channel: string;
	/** Its own text and those of its blocks, one a line. */
	text: string;
	/** Addresses of its buttons, by label. */
	buttons: Record<string, string>;
}

/** Where n8n's Slack node goes. */
export const SLACK_HOST = 'slack.com';

/** Slack's limit for the text of a section (api.slack.com, Block Kit, Section block). */
const MAX_SECTION = 3000;

function records(value: unknown): Array<Record<string, unknown>> {
	return Array.isArray(value) ? value.filter(isRecord) : [];
}

function textOf(block: Record<string, unknown>): string {
	return isRecord(block.text) ? String(block.text.text) : '';
}

/** The one call of Slack that an approval makes: `chat.postMessage` (api.slack.com). */
export class StandInSlack {
	readonly token = 'xoxb-stand-in';
	readonly channels = ['#campaigns', '#products'];
	readonly messages: SlackMessage[] = [];

	routes(): Route[] {
		const path = /\/api\/chat\.postMessage/;
		return [{ method: 'POST', path, handle: (request) => this.post(request) }];
	}

	/** Slack says no with status 200. */
	private post({ headers, body }: SandboxRequest): SandboxAnswer {
		const refuse = (error: string) => ({ status: 200, body: { ok: false, error } });
		if (headers.authorization !== `Bearer ${this.token}`) return refuse('invalid_auth');
		const message = parseJson(body.toString());
		if (!isRecord(message)) return refuse('invalid_json');
		const channel = this.channels.find((name) => name === message.channel);
		if (channel === undefined) return refuse('channel_not_found');
		const blocks = records(message.blocks);
		const texts = blocks.filter(({ type }) => type === 'section').map(textOf);
		if (texts.some(({ length }) => length === 0 || length > MAX_SECTION)) {
			return refuse('invalid_blocks');
		}
		const plain = typeof message.text === 'string' ? [message.text] : [];
		if (plain.length + texts.length === 0) return refuse('no_text');
		const buttons = blocks.flatMap(({ elements }) => records(elements));
		this.messages.push({
			channel,
			text: [...plain, ...texts].join('\n'),
			buttons: Object.fromEntries(buttons.map((button) => [textOf(button), String(button.url)])),
		});
		const ts = `${Date.now() / 1000}`;
		return { status: 200, body: { ok: true, channel: 'C0123456789', ts, message: { blocks } } };
	}
}
