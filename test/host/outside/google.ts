import { randomUUID } from 'node:crypto';

import { isRecord, parseJson } from '../../../sandbox/json';
import type { Route, SandboxAnswer, SandboxRequest } from '../../../sandbox/types';
import { Grid, readRange } from './grid';
import { readRelated } from './related';

/** A file in the stand-in Google Drive. */
export interface DriveFile {
	id: string;
	name: string;
	mimeType: string;
	parents: string[];
	webViewLink: string;
	bytes: Buffer;
}

/** Where n8n's Google nodes go. */
export const GOOGLE_HOSTS = ['sheets.googleapis.com', 'www.googleapis.com'];

/** Characters that a cell holds (support.google.com, Files you can store in Google Drive). */
const MAX_CELL = 50_000;

const DRIVE_UPLOAD = '/upload/drive/v3/files';

/** Google's form of an error (developers.google.com, Sheets API, Standard errors). */
function refusal(code: number, status: string, message: string): SandboxAnswer {
	return { status: code, body: { error: { code, message, status } } };
}

const NO_ENTITY = refusal(404, 'NOT_FOUND', 'Requested entity was not found.');

function json(request: SandboxRequest): Record<string, unknown> {
	const value = parseJson(request.body.toString());
	return isRecord(value) ? value : {};
}

/**
 * One spreadsheet with one sheet, and a Drive: the calls that n8n's Google Sheets and Google Drive
 * nodes make (developers.google.com, Sheets API v4 and Drive API v3). Any other call is not found.
 */
export class StandInGoogle {
	readonly token = 'google-token';
	readonly spreadsheetId = '1StandInSpreadsheet-ForTheExamples_0123456789';
	readonly folderId = '1StandInFolder-ForTheExamples_01';
	readonly files: DriveFile[] = [];
	readonly sheet = new Grid('Products');
	/** Name of a file that Drive has no room for. */
	refuseFile?: string;
	/** Id of a file that Drive does not hand out, or `all`. */
	refuseDownload?: string;
	/** Called before a file is handed out, such as for what others do meanwhile. */
	onDownload?: () => void;
	/** Called before the files of a folder are listed. */
	onList?: () => void;
	/** Called before cells are written, such as for rows that a person moves since they were read. */
	onWrite?: () => void;
	private lastFile = 0;
	private readonly uploads = new Map<string, Record<string, unknown>>();

	get sheetUrl(): string {
		return `https://docs.google.com/spreadsheets/d/${this.spreadsheetId}/edit`;
	}

	get folderUrl(): string {
		return `https://drive.google.com/drive/folders/${this.folderId}`;
	}

	/** Refuses a call without the token; an address that a resumable upload was given needs none. */
	guard = ({ headers, query }: SandboxRequest): SandboxAnswer | undefined => {
		if (headers.authorization === `Bearer ${this.token}` || query.has('upload_id'))
			return undefined;
		return refusal(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
	};

	routes(): Route[] {
		const book = `/v4/spreadsheets/${this.spreadsheetId}`;
		return [
			{ method: 'GET', path: new RegExp(book), handle: () => this.properties() },
			{
				method: 'GET',
				path: new RegExp(`${book}/values/(?<range>.+)`),
				handle: ({ query }, { range = '' }) => this.values(decodeURIComponent(range), query),
			},
			{
				method: 'POST',
				path: new RegExp(`${book}/values:batchUpdate`),
				handle: (request) => this.update(request),
			},
			{
				method: 'PUT',
				path: new RegExp(`${book}/values/(?<range>.+)`),
				handle: (request, { range = '' }) => this.put(request, decodeURIComponent(range)),
			},
			{
				method: 'POST',
				path: new RegExp(`${book}:batchUpdate`),
				// A sheet of the stand-in has as many rows as it needs.
				handle: () => ({ status: 200, body: { spreadsheetId: this.spreadsheetId, replies: [] } }),
			},
			{ method: 'POST', path: new RegExp(DRIVE_UPLOAD), handle: (call) => this.upload(call) },
			{ method: 'PUT', path: new RegExp(DRIVE_UPLOAD), handle: (call) => this.receive(call) },
			{
				method: 'PATCH',
				path: /\/drive\/v3\/files\/(?<id>.+)/,
				handle: (request, { id }) => this.describe(request, id),
			},
			{ method: 'GET', path: /\/drive\/v3\/files/, handle: ({ query }) => this.list(query) },
			{
				method: 'GET',
				path: /\/drive\/v3\/files\/(?<id>.+)/,
				handle: ({ query }, { id }) => this.read(query, id),
			},
		];
	}

	private properties(): SandboxAnswer {
		const properties = { sheetId: 0, title: this.sheet.title, index: 0, sheetType: 'GRID' };
		return { status: 200, body: { sheets: [{ properties }] } };
	}

	private values(text: string, query: URLSearchParams): SandboxAnswer {
		const range = readRange(text);
		if (range?.title !== this.sheet.title) {
			return refusal(400, 'INVALID_ARGUMENT', `Unable to parse range: ${text}`);
		}
		const values = this.sheet.rows(query.get('valueRenderOption') !== 'UNFORMATTED_VALUE');
		return { status: 200, body: { range: text, majorDimension: 'ROWS', values } };
	}

	private update(request: SandboxRequest): SandboxAnswer {
		const { data, valueInputOption } = json(request);
		if (valueInputOption !== 'RAW' && valueInputOption !== 'USER_ENTERED') {
			return refusal(400, 'INVALID_ARGUMENT', `Invalid valueInputOption: ${valueInputOption}`);
		}
		this.onWrite?.();
		for (const change of Array.isArray(data) ? data : []) {
			const { range, values } = isRecord(change) ? change : {};
			const target = readRange(String(range));
			const [row] = Array.isArray(values) ? values : [];
			if (target?.title !== this.sheet.title || target.row === undefined || !Array.isArray(row)) {
				return refusal(400, 'INVALID_ARGUMENT', `Unable to parse range: ${String(range)}`);
			}
			if (valueInputOption === 'RAW') this.sheet.write(target.row, target.column, row[0]);
			else this.sheet.enter(target.row, target.column, row[0]);
		}
		return { status: 200, body: { spreadsheetId: this.spreadsheetId, responses: [] } };
	}

	/** Whole rows from one on. */
	private put(request: SandboxRequest, text: string): SandboxAnswer {
		const range = readRange(text);
		const { values } = json(request);
		const { row: first } = range ?? {};
		if (range?.title !== this.sheet.title || first === undefined || !Array.isArray(values)) {
			return refusal(400, 'INVALID_ARGUMENT', `Unable to parse range: ${text}`);
		}
		const rows = values.map((cells: unknown): unknown[] => (Array.isArray(cells) ? cells : []));
		if (rows.flat().some((cell) => String(cell).length > MAX_CELL)) {
			return refusal(400, 'INVALID_ARGUMENT', `A cell has more than ${MAX_CELL} characters.`);
		}
		rows.forEach((cells, index) =>
			cells.forEach((cell, column) => this.sheet.write(first + index, range.column + column, cell)),
		);
		return { status: 200, body: { updatedRange: text, updatedRows: values.length } };
	}

	private upload(request: SandboxRequest): SandboxAnswer {
		if (this.refuseFile !== undefined && request.body.includes(JSON.stringify(this.refuseFile))) {
			return refusal(403, 'PERMISSION_DENIED', "The user's Drive storage quota has been exceeded.");
		}
		if (request.query.get('uploadType') === 'resumable') {
			const id = randomUUID();
			const type = request.headers['x-upload-content-type'];
			this.uploads.set(id, { ...json(request), mimeType: type });
			const Location = `https://www.googleapis.com${DRIVE_UPLOAD}?uploadType=resumable&upload_id=${id}`;
			return { status: 200, headers: { Location } };
		}
		const [metadata, media] = readRelated(request);
		const about = parseJson(metadata?.body.toString() ?? '');
		if (!isRecord(about) || !media) {
			return refusal(400, 'INVALID_ARGUMENT', 'Malformed multipart body.');
		}
		return { status: 200, body: this.keep({ ...about, mimeType: media.contentType }, media.body) };
	}

	private receive({ query, body }: SandboxRequest): SandboxAnswer {
		const about = this.uploads.get(query.get('upload_id') ?? '');
		return about ? { status: 200, body: this.keep(about, body) } : NO_ENTITY;
	}

	/** Puts a file into a folder, as a person does. */
	addFile(name: string, mimeType: string, folder: string, bytes: Buffer): void {
		this.keep({ name, mimeType, parents: [folder] }, bytes);
	}

	/** Files of a folder; the query as n8n's node writes it (Drive API v3, Search for files). */
	private list(query: URLSearchParams): SandboxAnswer {
		const folder = /'(?<id>[^']+)' in parents/.exec(query.get('q') ?? '')?.groups?.id;
		if (folder === undefined) return refusal(400, 'INVALID_ARGUMENT', 'Invalid Value');
		this.onList?.();
		const files = this.files
			.filter(({ parents }) => parents.includes(folder))
			.map(({ id, name, mimeType }) => ({ id, name, mimeType }));
		return { status: 200, body: { files } };
	}

	private read(query: URLSearchParams, id = ''): SandboxAnswer {
		const file = this.files.find((candidate) => candidate.id === id);
		if (!file) return NO_ENTITY;
		const { name, mimeType, bytes } = file;
		if (query.get('alt') !== 'media') return { status: 200, body: { name, mimeType } };
		if (this.refuseDownload === 'all' || this.refuseDownload === id) {
			return refusal(403, 'PERMISSION_DENIED', 'The user has exceeded their download quota.');
		}
		this.onDownload?.();
		return { status: 200, headers: { 'content-type': mimeType }, body: bytes };
	}

	private keep(about: Record<string, unknown>, bytes: Buffer): object {
		this.lastFile += 1;
		const id = `file-${this.lastFile}`;
		const parents = Array.isArray(about.parents) ? about.parents.map(String) : [];
		const webViewLink = `https://drive.google.com/file/d/${id}/view`;
		const file = { id, name: String(about.name), mimeType: String(about.mimeType) };
		this.files.push({ ...file, parents, webViewLink, bytes });
		return { kind: 'drive#file', ...file };
	}

	private describe(request: SandboxRequest, id = ''): SandboxAnswer {
		const file = this.files.find((candidate) => candidate.id === id);
		if (!file) return NO_ENTITY;
		const { name } = json(request);
		if (typeof name === 'string') file.name = name;
		const { bytes, ...all } = file;
		// Drive tells these three unless asked for more (Drive API v3, Return specific fields).
		const few = { id: file.id, name: file.name, mimeType: file.mimeType };
		const body = request.query.get('fields') === '*' ? { ...all, size: bytes.length } : few;
		return { status: 200, body: { kind: 'drive#file', ...body } };
	}
}
