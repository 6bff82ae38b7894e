/** A prompt that a pack runs on somebody's tune. */
export interface Template {
	id: number;
	/** `{tokens}` becomes the tokens of the tunes, each with its class behind it. */
	text: string;
}

/** A set of template prompts, by the class of the tune that they are run on. */
export interface Pack {
	id: number;
	slug: string;
	title: string;
	subtitle: string | null;
	base_tune_id: number | null;
	model_type: string | null;
	token: string | null;
	main_class_name: string;
	public_at: string | null;
	unlisted_at: string | null;
	/** Runs on several tunes together, such as a person and a dress, and so on ready ones only. */
	isMulti: boolean;
	classes: Record<string, Template[]>;
}

const PUBLISHED = '2024-09-26T00:00:00.000Z';

function headshots(firstId: number, subject: string): Template[] {
	return [
		{ id: firstId, text: `{tokens} headshot of a ${subject}, {{eye_color}}, grey background` },
		{ id: firstId + 1, text: `{tokens} portrait of a ${subject} in an office, soft light` },
	];
}

/** 260 is the pack of the documentation's examples; the lookbook stands for packs of many tunes. */
export function samplePacks(): Pack[] {
	return [
		{
			id: 260,
			slug: 'corporate-headshots',
			title: 'Corporate headshots',
			subtitle: 'Portraits for work',
			base_tune_id: 1504944,
			model_type: 'lora',
			token: 'ohwx',
			main_class_name: 'woman',
			public_at: PUBLISHED,
			unlisted_at: null,
			isMulti: false,
			classes: {
				woman: headshots(501, 'woman'),
				man: headshots(511, 'man'),
				cat: headshots(521, 'cat'),
			},
		},
		{
			id: 3041,
			slug: 'summer-lookbook',
			title: 'Summer lookbook',
			subtitle: 'A person and a garment by the sea',
			base_tune_id: 4180298,
			model_type: 'faceid',
			token: null,
			main_class_name: 'woman',
			public_at: PUBLISHED,
			unlisted_at: null,
			isMulti: true,
			classes: {
				woman: [
					{ id: 601, text: '{tokens} walking along a beach, golden hour' },
					{ id: 602, text: '{tokens} on a terrace above the sea, noon' },
				],
			},
		},
	];
}
