import { isRecord, parseJson } from '../../../sandbox/json';
import type { Route, SandboxRequest } from '../../../sandbox/types';

/** A mail as its reader sees it. */
export interface Mail {
	to: string;
	subject: string;
	html: string;
}

function header(head: string, name: string): string {
	return new RegExp(`^${name}:\\s*(.+)$`, 'im').exec(head)?.[1]?.trim() ?? '';
}

/** Text that was made safe for mail (RFC 2045, 6.7 and 6.8). */
function decode(text: string, encoding: string): string {
	if (/base64/i.test(encoding)) return Buffer.from(text, 'base64').toString();
	if (!/quoted-printable/i.test(encoding)) return text;
	const bytes = text
		.replace(/=\r?\n/g, '')
		.replace(/=(?<hex>[0-9A-F]{2})/gi, (_, hex: string) =>
			String.fromCharCode(Number.parseInt(hex, 16)),
		);
	return Buffer.from(bytes, 'latin1').toString();
}

/** The part of a mail that is HTML. */
function htmlOf(mail: string): string {
	const start = mail.search(/^content-type: text\/html/im);
	const part = start < 0 ? '' : mail.slice(mail.lastIndexOf('\r\n--', start) + 2);
	const [head = '', ...rest] = part.split('\r\n\r\n');
	const [body = ''] = rest.join('\r\n\r\n').split('\r\n--');
	return decode(body, header(head, 'content-transfer-encoding'));
}

/** Mails that were sent: `users.messages.send` (developers.google.com, Gmail API v1). */
export class StandInGmail {
	readonly mails: Mail[] = [];

	routes(): Route[] {
		const path = /\/gmail\/v1\/users\/me\/messages\/send/;
		return [{ method: 'POST', path, handle: (request) => this.send(request) }];
	}

	private send({ body }: SandboxRequest) {
		const sent = parseJson(body.toString());
		const raw = isRecord(sent) && typeof sent.raw === 'string' ? sent.raw : '';
		const mail = Buffer.from(raw, 'base64url').toString();
		const [head = ''] = mail.split('\r\n\r\n');
		this.mails.push({
			to: header(head, 'to'),
			subject: header(head, 'subject'),
			html: htmlOf(mail),
		});
		return { status: 200, body: { id: `mail-${this.mails.length}`, labelIds: ['SENT'] } };
	}
}
