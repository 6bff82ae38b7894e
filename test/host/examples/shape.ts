import type { INodeTypeDescription } from 'n8n-workflow';

import { asList } from '../guards';
import type { Bed } from './bed';
import { type ExampleNode, exampleFiles, loadExample, nodesOf } from './load';
import { descriptionOf, isDescription, LEFT_EMPTY, objectionsTo } from './parameters';

/** Tests of every example: this n8n knows all that is in it. */
export function shapeTests(up: () => Bed): void {
	const whole = ({ type, typeVersion }: ExampleNode) => `${type} ${typeVersion}`;

	describe('every example', () => {
		let descriptions: INodeTypeDescription[];
		let credentialTypes: string[];

		beforeAll(async () => {
			const { rest } = up();
			const all = asList((await rest.session.ask('GET', '/types/nodes.json')).body);
			descriptions = all.filter(isDescription);
			credentialTypes = await rest.credentialTypes();
		});

		it.each(exampleFiles())('%s has nothing that this n8n does not know', (file) => {
			const nodes = nodesOf(loadExample(file));
			const unknown = nodes.filter((node) => !descriptionOf(node, descriptions));
			expect(unknown.map(whole)).toEqual([]);
			const problems = nodes.flatMap((node) => {
				const type = descriptionOf(node, descriptions);
				return type ? objectionsTo(node, type) : [];
			});
			expect(problems).toEqual(LEFT_EMPTY[file] ?? []);
		});

		it.each(exampleFiles())('%s can be stored with the credentials chosen', async (file) => {
			const { install, credentials } = up();
			const named = nodesOf(loadExample(file)).flatMap((node) => Object.keys(node.credentials));
			for (const type of named) {
				expect(credentialTypes).toContain(type);
				expect(credentials.map((stored) => stored.type)).toContain(type);
			}
			expect((await install(loadExample(file))).name).toBe(loadExample(file).name);
		});
	});
}
