/** A workspace of the account, and who pays for it when that is not the account itself. */
export interface Workspace {
	id: number;
	title: string;
	slug: string;
	favicon_url: string | null;
	payer?: { id: number; name: string; usd_balance_mc: number };
}

/** The account behind the key. A test may change it at any time. */
export interface Account {
	id: number;
	name: string;
	email: string;
	/** Millicents: 100,000 are one US dollar. */
	usd_balance_mc: number;
	/** The account-level idempotency switch; off by default, as at Astria. */
	idempotent: boolean;
}

/** How `POST …/prompts` writes its answer; clients of Astria have met all three. */
export type AnswerShape = 'bare' | 'wrapped' | 'array';

/**
 * A field that may tell that a training has failed. `failed_at` is in what Astria's own trainer gets,
 * `fail_message` in what it sends (https://github.com/burgalon/SimpleTuner-astria); `user_error` is
 * what a prompt has; public clients go by `error` and `status`.
 */
export type FailureSign = 'failed_at' | 'fail_message' | 'user_error' | 'error' | 'status';

/** What a test or the demo may choose. Times are in milliseconds. */
export interface AstriaOptions {
	/** The only key that is let in. */
	key?: string;
	/** From the creation of a tune to the end of its training; faceid tunes take no time. */
	trainingMs?: number;
	/** From the creation of a prompt, or the end of its tune's training, to its pictures. */
	generationMs?: number;
	/** Part of their usual size that pictures are drawn in; default 1. Small ones save time. */
	pictureScale?: number;
	/** How long a trained tune is kept. */
	lifetimeMs?: number;
	/**
	 * How far the clock of the service is ahead of this machine's, or behind it when negative: the
	 * `Date` of its answers and every time in them. No two machines agree; a scripted fault's answer
	 * has this machine's time, since it comes from whatever stands before the service. Default 0.
	 */
	clockSkewMs?: number;
	/**
	 * How long what a call has made is missing from the lists, and unknown to idempotency; by its id
	 * it is there at once. After a 504 the request "would probably have been processed", so perhaps
	 * not yet (https://docs.astria.ai/docs/api/overview); Astria wants at least a minute before the
	 * same request is sent again. Default 0.
	 */
	listedAfterMs?: number;
	/**
	 * How long the first prompt of a pack run is missing after it, 404 by its id and in no list; each
	 * further one takes as long again. A public client (prismalab) takes a 404 right after a run for
	 * something that passes, because the prompts appear late, and makes do with a part of them when no
	 * more come. Default 0: all are there at once.
	 */
	packPromptsAfterMs?: number;
	/**
	 * Whether a field is refused with 422 when the one that it "requires" is missing: `inpaint_faces`
	 * and `hires_fix` without `super_resolution`, `controlnet` and a mask without a picture, a target
	 * resolution without its upscaler. The documentation has the requirement and not the refusal
	 * (https://docs.astria.ai/docs/api/prompt/create), and Astria's own worker works on faces without
	 * `super_resolution` (https://github.com/burgalon/SimpleTuner-astria). Default: taken in silence.
	 */
	refusesLoneFields?: boolean;
	account?: Partial<Account>;
	workspaces?: Workspace[];
	/**
	 * What the `costs` of a pack hold for a class: its prompts, or those and a new tune of that class,
	 * so that they are what a run on a new tune takes, as the README of Astria's command line has it
	 * (https://github.com/astriaai/cli, Pricing). Default: the prompts.
	 */
	packCosts?: 'prompts' | 'withTune';
	promptAnswer?: AnswerShape;
	/**
	 * What `images` of a prompt holds: addresses, as Astria's records have it
	 * (https://github.com/astriaai/articles, benchmark), or `{"url": …}`, as the tests of its command
	 * line and a public client have it (https://github.com/astriaai/cli, tests/test_variate.py).
	 * Default: addresses.
	 */
	imageShape?: 'address' | 'object';
	/**
	 * How a DELETE answers: with 200 and the body of the documentation
	 * (https://docs.astria.ai/docs/api/prompt/delete), or with 204 and no body, as the mock of
	 * Astria's plugin does (https://github.com/astriaai/photopea-nano-banana, services/astria/mock.ts).
	 * Default: as documented.
	 */
	deleteAnswer?: 'documented' | 'empty';
	/**
	 * The fields by which a tune tells that its training has failed; none leaves it to look as if it
	 * were in training for ever. Astria documents none, see `FailureSign`. Default: `failed_at` and
	 * `fail_message`.
	 */
	failureSigns?: readonly FailureSign[];
	/** Whether callbacks say `{"tune": {…}}`, as clients have seen, or the bare entity. */
	callbackBody?: 'wrapped' | 'bare';
	/** Whether `prompts_callback` sends an array, as documented, or `{"prompts": […]}`. */
	promptsCallbackBody?: 'array' | 'wrapped';
}

/** The options with nothing left open. */
export interface Settings extends Required<AstriaOptions> {
	account: Account;
}

const DAY_MS = 24 * 60 * 60 * 1000;

const ACCOUNT: Account = {
	id: 1,
	name: 'Dana',
	email: 'dana@sandbox.example',
	usd_balance_mc: 10_000_000,
	idempotent: false,
};

const WORKSPACES: Workspace[] = [
	{
		id: 41,
		title: 'Spring campaign',
		slug: 'spring-campaign',
		favicon_url: null,
		payer: { id: 2, name: 'Studio North', usd_balance_mc: 5_000_000 },
	},
];

/** Fills in what was left open. */
export function settingsFrom(options: AstriaOptions): Settings {
	return {
		key: 'sd_sandbox',
		trainingMs: 2000,
		generationMs: 1500,
		pictureScale: 1,
		// Astria deletes pictures and models 30 days after the training ended.
		lifetimeMs: 30 * DAY_MS,
		clockSkewMs: 0,
		listedAfterMs: 0,
		packPromptsAfterMs: 0,
		refusesLoneFields: false,
		packCosts: 'prompts',
		promptAnswer: 'bare',
		imageShape: 'address',
		deleteAnswer: 'documented',
		failureSigns: ['failed_at', 'fail_message'],
		callbackBody: 'wrapped',
		promptsCallbackBody: 'array',
		...options,
		account: { ...ACCOUNT, ...options.account },
		workspaces: structuredClone(options.workspaces ?? WORKSPACES),
	};
}
