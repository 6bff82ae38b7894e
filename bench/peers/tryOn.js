const { NodeConnectionTypes } = require('n8n-workflow');

const CREDENTIAL = 'falApi';
const ENDPOINT = 'fal-ai/fashn/tryon/v1.6';
const APP = 'fal-ai/fashn';

/** The description of a node that asks for two pictures, as FASHN Try-On does. */
exports.describe = (displayName, name, properties = []) => ({
	displayName,
	name,
	group: ['transform'],
	version: 1,
	description: 'Measured beside FASHN Try-On',
	defaults: { name: displayName },
	inputs: [NodeConnectionTypes.Main],
	outputs: [NodeConnectionTypes.Main],
	credentials: [{ name: CREDENTIAL, required: true }],
	properties: [
		{ displayName: 'Model', name: 'model_image', type: 'string', default: '' },
		{ displayName: 'Garment', name: 'garment_image', type: 'string', default: '' },
		...properties,
	],
});

/** Calls of fal's queue with n8n's own helper, and nothing around it. */
exports.queueOf = async (context) => {
	const { baseUrl } = await context.getCredentials(CREDENTIAL);
	const call = async (method, path, more) =>
		await context.helpers.httpRequestWithAuthentication.call(context, CREDENTIAL, {
			method,
			url: `${baseUrl}/${path}`,
			...more,
		});
	const requests = `${APP}/requests`;
	return {
		async submit(row) {
			const body = {
				model_image: context.getNodeParameter('model_image', row),
				garment_image: context.getNodeParameter('garment_image', row),
			};
			const { request_id: id } = await call('POST', ENDPOINT, { body, json: true });
			return id;
		},
		status: async (id) => await call('GET', `${requests}/${id}/status`, { json: true }),
		stream: async (id) =>
			await call('GET', `${requests}/${id}/status/stream`, { encoding: 'stream' }),
		result: async (id) => await call('GET', `${requests}/${id}`, { json: true }),
	};
};
