import type { Talk } from '../../../sandbox/openai/talk';
import { outputItems } from '../execution';
import { type Bed, garmentUrl, personUrl, pictureFormat } from './bed';
import { loadExample, withParameters, withPinned } from './load';

/** Tests of agent-with-try-on-tool.json. */
export function agentTests(up: () => Bed): void {
	const FILE = 'agent-with-try-on-tool.json';
	const CHAT = 'When Chat Message Received';
	/** A model that does not think, by the older API. */
	const OTHER_MODEL = {
		model: { __rl: true, mode: 'id', value: 'other-model' },
		responsesApiEnabled: false,
	};

	async function ask(settings: Record<string, unknown>) {
		const { outside, sandbox, rest } = up();
		const photos = {
			person_photo: await personUrl(up(), 0),
			garment_photo: await garmentUrl(up(), 0),
		};
		const talks: Talk[] = [];
		outside.openai.play((talk) => {
			talks.push(talk);
			const {
				toolOutputs: [output],
				tools: [tool],
			} = talk;
			if (output === undefined) {
				const input = { ...photos, category: 'tops' };
				return { kind: 'call', tool: tool?.name ?? 'no tool', input };
			}
			const address = /"imageUrl":"([^"]+)"/.exec(output)?.[1] ?? 'no address';
			return { kind: 'text', text: `Here it is: ${address}` };
		});
		const chat = withPinned(loadExample(FILE), CHAT, {
			sessionId: 'a-session',
			action: 'sendMessage',
			chatInput: `Put ${photos.garment_photo} on ${photos.person_photo}`,
		});
		const example = withParameters(chat, 'OpenAI Chat Model', settings);
		const before = sandbox.fal.submits().length;
		const called = outside.openai.calls.length;
		const workflow = await up().install(example);
		const execution = await rest.waitForExecution(await rest.runManually(workflow, CHAT));
		expect(execution.error?.message).toBeUndefined();
		const [answer] = outputItems(execution, 'Stylist');
		return {
			photos,
			talks,
			said: String(answer?.json.output),
			submits: sandbox.fal.submits().slice(before),
			paths: outside.openai.calls.slice(called).map(({ path }) => path),
		};
	}

	describe(FILE, () => {
		it.each([
			{ api: '/v1/responses', settings: {} },
			{ api: '/v1/chat/completions', settings: OTHER_MODEL },
		])('calls the tool once and answers with the picture ($api)', async ({ api, settings }) => {
			const { photos, talks, said, submits, paths } = await ask(settings);
			expect(paths).toEqual([api, api]);

			const address = /https?:\S+/.exec(said)?.[0] ?? '';
			expect(await pictureFormat(address)).toBe('png');
			expect(submits.map(({ input }) => input)).toEqual([
				expect.objectContaining({
					model_image: photos.person_photo,
					garment_image: photos.garment_photo,
					category: 'tops',
				}),
			]);

			const [first, second] = talks;
			expect(first?.tools.map(({ parameters }) => parameters.required)).toEqual([
				['person_photo', 'garment_photo', 'category'],
			]);
			expect(first?.messages.map(({ role }) => role)).toEqual(['system', 'user']);
			expect(second?.toolOutputs).toHaveLength(1);
		});
	});
}
