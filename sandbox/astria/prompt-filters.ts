import { now } from './clock';
import { textOf } from './fields';
import type { Prompt } from './store';
import { isVideo } from './video-rules';
import type { World } from './world';

/** Filters that compare a number of the prompt. */
const NUMBERS: Record<string, (world: World, prompt: Prompt) => unknown> = {
	pack_id: (_, { fields }) => fields.pack_id,
	base_pack_id: (_, { fields }) => fields.base_pack_id,
	orig_prompt_id: (_, { fields }) => fields.orig_prompt_id,
	order_id: (_, { fields }) => fields.order_id,
	tune_id: (_, { tuneId }) => tuneId,
	user_id: ({ settings }) => settings.account.id,
};

/** Filters that are either on (`true`) or not there. */
const SWITCHES: Record<string, (prompt: Prompt, world: World) => boolean> = {
	liked: ({ liked }) => liked,
	today: ({ createdAt }, world) => createdAt.toDateString() === now(world).toDateString(),
	is_video: ({ fields }) => isVideo(fields),
	// The stand-in has no web pages: everything is made through the API.
	is_api: () => true,
};

/** Whether a prompt passes the filters of https://docs.astria.ai/docs/api/prompt/list. */
export function matches(world: World, prompt: Prompt, query: URLSearchParams): boolean {
	const text = query.get('text')?.toLowerCase() ?? '';
	const passesNumbers = Object.entries(NUMBERS).every(([name, read]) => {
		const wanted = query.get(name) ?? '';
		return wanted === '' || read(world, prompt) === Number(wanted);
	});
	const passesSwitches = Object.entries(SWITCHES).every(
		([name, read]) => query.get(name) !== 'true' || read(prompt, world),
	);
	const ownText = textOf(prompt.fields, 'text')?.toLowerCase() ?? '';
	return passesNumbers && passesSwitches && ownText.includes(text);
}
