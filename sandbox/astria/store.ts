import { GALLERY } from './catalog';
import type { GalleryTune } from './catalog';
import type { Encoding } from './decode';
import type { Fields } from './fields';
import type { ParamTree } from './params';

/** A file that the stand-in serves, or knows by its address only. */
export interface StoredFile {
	url: string;
	/** As the sender declared it. */
	contentType: string;
	/** Absent when the file is on a public host: the stand-in never leaves this machine. */
	data?: Buffer;
}

/** A model, or a reference, or one of the public models. */
export interface Tune {
	id: number;
	/** The fields of the tune table, as they are now. */
	fields: Fields;
	characteristics: Record<string, string>;
	images: StoredFile[];
	workspaceId: number | null;
	/** Made by a pack: its answer is shorter. */
	fromPack: boolean;
	/** Its entry in the gallery, when it is one of the public models. */
	gallery?: GalleryTune;
	createdAt: Date;
	updatedAt: Date;
	eta: Date | null;
	startedTrainingAt: Date | null;
	trainedAt: Date | null;
	expiresAt: Date | null;
	failedAt: Date | null;
	failMessage: string | null;
	/** Millicents that were taken for it and not given back. */
	costMc: number;
	/** Origin of the call that made it; its links start so. */
	origin: string;
}

/** One picture or video that a prompt made. */
export interface Output extends StoredFile {
	filename: string;
}

/** An order for pictures or a video, and what came of it. */
export interface Prompt {
	id: number;
	tuneId: number;
	/** The fields of the prompt table. */
	fields: Fields;
	/** The files it came with, by field name. */
	files: Record<string, StoredFile[]>;
	workspaceId: number | null;
	createdAt: Date;
	updatedAt: Date;
	startedTrainingAt: Date | null;
	trainedAt: Date | null;
	outputs: Output[];
	userError: string | null;
	liked: boolean;
	/** Its place among the prompts of the pack run that made it, from 1; 0 when no pack did. */
	packPlace: number;
	/** Millicents that were taken for it and not given back. */
	costMc: number;
	/** The workspace whose payer paid for it, wherever it is moved later. */
	paidIn: number | null;
	origin: string;
}

/** Prompts of one pack run, whose `prompts_callback` waits for all of them. */
export interface PromptGroup {
	callback: string;
	promptIds: number[];
}

/** One accepted paid call, as it was sent. */
export interface Creation {
	kind: 'tune' | 'prompt';
	/** The tune or prompt that it made; the first one, when it made several. */
	id: number;
	path: string;
	params: ParamTree;
	encoding: Encoding;
}

/** One callback that was due. */
export interface SentCallback {
	url: string;
	body: unknown;
	/** The receiver's answer; absent when there was none, or the address is no loopback address. */
	status?: number;
}

/** An upload that was announced; its data comes later, or never. */
export interface Blob {
	signedId: string;
	filename: string;
	contentType: string;
	byteSize: number;
	/** Base64 MD5. */
	checksum: string;
	data?: Buffer;
}

/** Far above every gallery id, so that the newest tune has the highest id. */
const FIRST_ID = 6_000_001;

const GALLERY_DATE = new Date('2024-08-01T00:00:00.000Z');

function publicTune(entry: GalleryTune): Tune {
	return {
		id: entry.id,
		fields: {
			title: entry.title,
			name: entry.name,
			branch: entry.branch,
			model_type: entry.modelType ?? null,
			token: entry.token ?? null,
			training_face_correct: false,
		},
		characteristics: {},
		images: [],
		workspaceId: null,
		fromPack: false,
		gallery: entry,
		createdAt: GALLERY_DATE,
		updatedAt: GALLERY_DATE,
		eta: null,
		startedTrainingAt: GALLERY_DATE,
		trainedAt: GALLERY_DATE,
		expiresAt: null,
		failedAt: null,
		failMessage: null,
		costMc: 0,
		origin: 'https://api.astria.ai',
	};
}

/** Everything the stand-in knows. Tunes and prompts share one row of ids, so none is mistaken. */
export class Store {
	readonly tunes = new Map<number, Tune>();
	readonly prompts = new Map<number, Prompt>();
	readonly groups: PromptGroup[] = [];
	readonly creations: Creation[] = [];
	readonly callbacks: SentCallback[] = [];
	readonly blobs = new Map<string, Blob>();
	private nextId = FIRST_ID;

	constructor() {
		for (const entry of GALLERY) this.tunes.set(entry.id, publicTune(entry));
	}

	newId(): number {
		this.nextId += 1;
		return this.nextId - 1;
	}
}
