import type { TriggerPage } from '../../shared/operation';
import { eventLinks, eventOutputs } from '../shared/trigger';

export const astriaCallbackTriggerPage: TriggerPage = () => ({
	outputs: eventOutputs(),
	links: eventLinks(),
});
