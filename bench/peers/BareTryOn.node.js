const { describe, queueOf } = require('./tryOn.js');

const AT_ONCE = { displayName: 'At Once', name: 'atOnce', type: 'number', default: 40 };
const DOWNLOAD = { displayName: 'Download', name: 'download', type: 'boolean', default: false };

/**
 * The calls that no node can spare, rows side by side, and nothing else: no check, no memory of what
 * was bought, no second try, no end to any wait. What FASHN Try-On takes beyond this is its own.
 */
exports.BareTryOn = class {
	description = describe('Bare Try-On', 'bareTryOn', [AT_ONCE, DOWNLOAD]);

	async execute() {
		const queue = await queueOf(this);
		const download = this.getNodeParameter('download', 0);
		const rows = this.getInputData().keys();
		const out = [];
		const work = async () => {
			for (const item of rows) {
				const id = await queue.submit(item);
				const events = await queue.stream(id);
				for await (const event of events) void event;
				const { images } = await queue.result(id);
				out[item] = { json: images[0], pairedItem: { item } };
				if (!download) continue;
				const { url } = images[0];
				const bytes = await this.helpers.httpRequest({ url, encoding: 'stream' });
				out[item].binary = { data: await this.helpers.prepareBinaryData(bytes, 'try-on.png') };
			}
		};
		const workers = Array.from({ length: this.getNodeParameter('atOnce', 0) }, work);
		await Promise.all(workers);
		return [out];
	}
};
