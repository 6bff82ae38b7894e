import { ID, PUBLIC_URL, testVectors, TIME } from './astria-vectors';

testVectors([
	{
		name: '1 credential test',
		ask: () => ({ path: '/users' }),
		status: 200,
		body: {
			id: 1,
			name: 'Dana',
			email: 'dana@sandbox.example',
			usd_balance_mc: ID,
			auto_extend_tunes: false,
			payer: { id: 1, name: 'Dana', self: true, usd_balance_mc: ID },
		},
	},
	{
		name: '1 credential test with a bad key',
		ask: () => ({ path: '/users', headers: { Authorization: 'Bearer sd_wrong' } }),
		status: 401,
		body: 'HTTP Token: Access denied.',
	},
	{
		name: '10 list with an offset that is too deep',
		ask: () => ({ path: '/tunes?offset=300' }),
		status: 400,
		body: { error: expect.stringContaining('before_id') },
	},
	{
		name: '10 list of prompts with filters and comments',
		ask: async (kit) => {
			const { id } = await kit.trained();
			await kit.prompt(id, { video_model: 'kling25', video_prompt: 'turn' });
			return { path: `/prompts?tune_id=${id}&is_video=true&expand[]=prompt.comments` };
		},
		status: 200,
		body: [{ id: ID, video_model: 'kling25', comments: [] }],
	},
	{
		name: '12 pack run that trains',
		ask: () => ({
			path: '/p/260/tunes',
			json: {
				tune: {
					title: 'Grumpy Cat - UUID',
					name: 'cat',
					callback: 'https://cb.example/t',
					characteristics: { eye_color: 'blue eyes' },
					prompt_attributes: { callback: 'https://cb.example/p' },
					image_urls: [PUBLIC_URL],
				},
			},
		}),
		status: 201,
		body: { id: ID, title: 'Grumpy Cat - UUID', name: 'cat', eta: TIME, trained_at: null },
	},
	{
		name: '12 pack run on a tune that exists',
		ask: async (kit) => ({
			path: '/p/260/tunes',
			json: { tune: { tune_ids: [(await kit.trained()).id], prompt_ids: [501] } },
		}),
		status: 201,
		body: { status: 201, message: 'Prompts created' },
	},
	{
		name: '12 run of a pack for several tunes',
		ask: async (kit) => {
			const ids = [(await kit.reference('woman')).id, (await kit.reference('dress')).id];
			return {
				path: '/p/summer-lookbook/tunes',
				form: ids.map((id) => ['tune[tune_ids][]', String(id)]),
			};
		},
		status: 201,
		body: {
			status: 201,
			order: { id: ID, tune_ids: [ID, ID], total_cost_mc: ID },
			prompt_ids: [ID, ID],
		},
	},
	{
		name: '13 update a prompt',
		ask: async (kit) => {
			const tune = await kit.trained({ token: 'ohwx' });
			const { id } = await kit.prompt(tune.id, { text: 'a painting of ohwx woman' });
			return {
				method: 'PATCH',
				path: `/tunes/${tune.id}/prompts/${id}`,
				form: [['prompt[pack_id]', '88']],
			};
		},
		status: 200,
		body: { pack_id: 88 },
	},
	{
		name: '13 delete a prompt',
		ask: async (kit) => ({ method: 'DELETE', path: `/prompts/${(await kit.prompt(690204)).id}` }),
		status: 200,
		body: { message: 'Prompt successfully deleted' },
	},
	{
		name: '13 like',
		ask: async (kit) => ({
			method: 'POST',
			path: `/prompts/${(await kit.prompt(690204)).id}/likes`,
		}),
		status: 201,
		body: '',
	},
	{
		name: '14 inspect',
		ask: (kit) => ({
			path: '/images/inspect',
			form: [
				['name', 'woman'],
				['file', kit.personFile],
			],
		}),
		status: 200,
		body: {
			name: 'woman',
			age: expect.stringMatching(/^\d+ yo$/),
			ethnicity: expect.any(String),
			eye_color: expect.any(String),
			hair_color: expect.any(String),
			is_bald: expect.any(String),
			blurry: expect.any(Boolean),
			funny_face: expect.any(Boolean),
			selfie: expect.any(Boolean),
			wearing_hat: expect.any(Boolean),
		},
	},
	{
		name: '16 models, without a key',
		ask: () => ({ path: '/cli/models', headers: { Authorization: '' } }),
		status: 200,
		body: {
			default: 'nano-banana-2',
			default_video_model: 'seedance2_fast_720p',
			cache_ttl: 86400,
			models: {
				'nano-banana-2': {
					tune_id: 4180298,
					title: 'Nano Banana 2',
					resolutions: ['1K', '2K', '4K'],
					default: true,
				},
				gemini: { tune_id: 3618064 },
				seedream: { tune_id: 3691308 },
				'gpt-image-2': { tune_id: 4665564 },
			},
			video_models: { seedance2_fast_720p: { generates_audio: true } },
			cli: { min_version: '1.0.0', latest_version: '1.14.0' },
			skills: {},
		},
	},
]);
