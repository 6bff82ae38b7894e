import type { SandboxRequest } from '../../../sandbox/types';

/** One part of a body. */
export interface RelatedPart {
	contentType: string;
	body: Buffer;
}

const HEAD_END = '\r\n\r\n';
const LINE_END = '\r\n';

function readPart(part: Buffer): RelatedPart {
	const end = part.indexOf(HEAD_END);
	const head = part.subarray(0, end).toString();
	const contentType = /^content-type:\s*(.+)$/im.exec(head)?.[1]?.trim() ?? '';
	return { contentType, body: part.subarray(end + HEAD_END.length) };
}

/** The parts of a `multipart/related` body (RFC 2387); none when it is of another type. */
export function readRelated({ headers, body }: SandboxRequest): RelatedPart[] {
	const boundary = /^multipart\/related;.*boundary="?([^";]+)/i.exec(headers['content-type'] ?? '');
	if (!boundary) return [];
	const line = `--${boundary[1]}`;
	const parts: RelatedPart[] = [];
	let start = body.indexOf(line);
	for (;;) {
		const from = start + line.length + LINE_END.length;
		const next = body.indexOf(LINE_END + line, from);
		if (start < 0 || next < 0) return parts;
		parts.push(readPart(body.subarray(from, next)));
		start = next + LINE_END.length;
	}
}
