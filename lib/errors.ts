/** Whether a row costs money: fal and Astria bill per job that they took. */
export type Charged = 'no' | 'yes' | 'unknown';

/** Where in a row's life something went wrong. */
export type Stage = 'input' | 'upload' | 'submit' | 'wait' | 'result' | 'download' | 'cancel';

/** What an error row tells beside its message; flat, so that a Sheets column can hold each part. */
export interface ErrorDetails {
	/** Added where the row's error leaves the package: who is asked knows it, who reads a field does not. */
	service?: string;
	stage: Stage;
	/** Whether the same row may succeed when it is run again. */
	retryable: boolean;
	/** What to do about it, in full sentences. */
	cure?: string;
	/** Absent where nothing is bought, so that nobody asks. */
	charged?: Charged;
	requestId?: string;
	statusCode?: number;
	/** The parameter at fault, by its label. */
	field?: string;
	/** Of several items that are bought together: the one at fault, from 0. */
	itemIndex?: number;
	/** The service's own code for the cause, such as `image_load_error`. */
	errorType?: string;
	/** The service's own words. */
	serviceMessage?: string;
	/** Whether the account or its key is at fault, so that every other row would fail as well. */
	ofAccount?: boolean;
	/** Only where the service itself says that the job has ended, without what it was for. */
	jobEnded?: true;
	/** Ids of other jobs of this run that the service has taken; Get fetches them. */
	paidRequestIds?: string[];
	/** The rows of those jobs, and those of which nobody knows, each with its id or "unknown". */
	submittedRows?: string[];
	[more: string]: string | number | boolean | string[] | undefined;
}

/**
 * The base of all errors that this package raises on purpose. The message says in full sentences
 * what happened, to the person who runs the workflow; what to do is told apart, as the `cure`. It
 * never holds a key, a header or a raw HTTP error.
 */
export class TryOnError extends Error {
	constructor(
		message: string,
		readonly details: ErrorDetails,
	) {
		super(message);
		this.name = new.target.name;
	}

	/** Adds what is known further up, such as the request id; returns this same error. */
	add(details: Partial<ErrorDetails>): this {
		Object.assign(this.details, details);
		return this;
	}

	/**
	 * Adds what to do, to what was advised before; returns this same error.
	 *
	 * @param cure full sentences
	 */
	advise(cure: string): this {
		return this.add({ cure: joined(this.details.cure, cure) });
	}
}

/** A parameter or picture that cannot be sent; found before anything is paid. */
export class InputError extends TryOnError {
	/**
	 * @param field label of the parameter
	 * @param problem what is wrong with it, continuing a sentence that begins with the label
	 * @param cure what to do, a full sentence
	 */
	constructor(field: string, problem: string, cure: string) {
		super(`'${field}' ${problem}.`, {
			stage: 'input',
			retryable: false,
			cure,
			charged: 'no',
			field,
		});
	}
}

/** The service answered, and the answer says no. */
export class ServiceError extends TryOnError {}

/** A service's answer that is no success, with what is needed to decide whether to call again. */
export class AnswerError<Fault = unknown> extends ServiceError {
	constructor(
		message: string,
		details: ErrorDetails,
		readonly status: number,
		/** Names in lower case. */
		readonly headers: Readonly<Record<string, string>>,
		/** What the service says of it. */
		readonly fault: Fault,
	) {
		super(message, details);
	}
}

/** What a refusal means to a person, where a service's status or words tell it. */
export interface Reading extends Pick<ErrorDetails, 'cure'> {
	message: string;
	/** Whether it is about the key or the account. */
	ofAccount?: true;
	retryable?: boolean;
}

/** The service took the job and the job ended without a picture. */
export class JobFailedError extends TryOnError {
	constructor(message: string, details: ErrorDetails) {
		super(message, { ...details, jobEnded: true });
	}
}

/** No answer, or half of one: the connection failed. */
export class ConnectionError extends TryOnError {
	/**
	 * @param sent false when the connection was never made, so the service cannot have seen the call
	 */
	constructor(
		message: string,
		details: ErrorDetails,
		readonly sent: boolean,
	) {
		super(message, details);
	}
}

/** What a call may have cost that was sent, and whose answer is lost: only a submit costs. */
export function chargeOfLost(stage: Stage): Charged {
	return stage === 'submit' ? 'unknown' : 'no';
}

/** An answer that came, and is not what it should be, such as a proxy's page. */
export class UnreadableAnswer extends ConnectionError {
	/** @param more what differs from an answer that may be read when it is asked for again */
	constructor(message: string, stage: Stage, more: Partial<ErrorDetails> = {}) {
		super(message, { stage, retryable: true, charged: chargeOfLost(stage), ...more }, true);
	}
}

/** A paid call was sent and nobody knows whether the service took it. It must not be repeated. */
export class UnknownOutcomeError extends TryOnError {}

/** The job did not end within the time that the user allows. */
export class MaxWaitError extends TryOnError {
	/**
	 * @param state such as "The job was not finished"
	 * @param more further sentences, each with a blank before it
	 */
	constructor(state: string, maxWaitMs: number, charged: Charged = 'unknown', more = '') {
		const seconds = Math.round(maxWaitMs / 1000);
		super(`${state} after ${seconds} s, the 'Max Wait' of this node.${more}`, {
			stage: 'wait',
			retryable: true,
			charged,
		});
	}
}

/** The execution was stopped, or another row ended it. */
export class StoppedError extends TryOnError {}

/**
 * Turns whatever was thrown into an error that may leave this package.
 *
 * @param error anything; only its message is kept, since raw HTTP errors carry the key
 * @param charged what it may have cost, where it is none of ours
 * @returns the error itself when it is one of ours
 */
export function toTryOnError(error: unknown, stage: Stage, charged: Charged = 'no'): TryOnError {
	if (error instanceof TryOnError) return error;
	const message = error instanceof Error ? error.message : String(error);
	return new TryOnError(message, { stage, retryable: false, charged });
}

/**
 * The same error for another row: what several rows have waited for fails once, and each row adds
 * its own to the error.
 *
 * @returns an error of the same class; what is no error of ours, as it is
 */
export function copyOf<E>(error: E): E | TryOnError {
	if (!(error instanceof TryOnError)) return error;
	const copy: unknown = Object.create(Reflect.getPrototypeOf(error));
	if (!(copy instanceof TryOnError)) return error;
	const { message, stack, details } = error;
	return Object.assign(copy, error, { message, stack, details: { ...details } });
}

/**
 * Does something about one job, tune or prompt; whatever goes wrong names it.
 *
 * @param noun what the service calls it, such as "Prompt"
 * @throws TryOnError with its id in the message and as `requestId`
 */
export async function about<T>(noun: string, id: string, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (thrown) {
		const error = toTryOnError(thrown, 'result').add({ requestId: id });
		const name = `${noun} ${id}: `;
		if (!error.message.startsWith(name)) error.message = `${name}${error.message}`;
		throw error;
	}
}

/**
 * The error of a call that costs nothing: it does not speak of a charge. That of the job which the
 * call is about is another matter, and often unknown.
 *
 * @returns this same error
 */
export function ofFreeCall(error: TryOnError): TryOnError {
	return error.add({ charged: undefined });
}

/** What happened and what to do, in one line. */
export function wholeMessage({ message, details }: TryOnError): string {
	return joined(message, details.cure);
}

/** Sentences one after another; a service's own words may have lines. */
export function joined(...parts: ReadonlyArray<string | undefined>): string {
	const said = parts.filter((part) => part !== undefined && part !== '');
	return said.join(' ').replace(/\s*[\r\n]+\s*/g, ' ');
}

/** What is wrong with a value and what to do, as parts of an InputError's message. */
export class Refusal extends Error {
	/**
	 * @param problem continues a sentence that begins with the parameter's label
	 * @param cure what to do, a full sentence
	 */
	constructor(
		readonly problem: string,
		readonly cure: string,
	) {
		super(problem);
	}
}

/** Letters of a value that a message shows: enough to find it again. */
const SHOWN_LETTERS = 80;

function textOf(value: unknown): string {
	switch (typeof value) {
		case 'string':
			return value;
		case 'object':
			return JSON.stringify(value, (_, part: unknown) =>
				typeof part === 'bigint' ? String(part) : part,
			);
		case 'number':
		case 'boolean':
		case 'bigint':
			return String(value);
		default:
			return typeof value;
	}
}

/** A value as a message shows it: in quotes, and shortened. */
export function shown(value: unknown): string {
	const text = textOf(value);
	return text.length > SHOWN_LETTERS ? `"${text.slice(0, SHOWN_LETTERS)}…"` : `"${text}"`;
}
