import type { TriggerPage } from '../../shared/operation';
import { eventLinks, eventOutputs } from '../shared/trigger';

export const astriaTriggerPage: TriggerPage = () => ({
	outputs: eventOutputs({
		sample: {
			meaning: 'Only in the editor, while the account has nothing like it: all of it is made up',
			optional: true,
		},
	}),
	links: eventLinks(),
});
