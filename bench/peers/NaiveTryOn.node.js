const { sleep } = require('n8n-workflow');

const { describe, queueOf } = require('./tryOn.js');

/** What nodes of this kind wait between two looks at a job (n8n-nodes-fal, and others). */
const POLL_MS = 5_000;

/** One row after the other: submits, sleeps and asks until it is done, reads the result. */
exports.NaiveTryOn = class {
	description = describe('Naive Try-On', 'naiveTryOn');

	async execute() {
		const queue = await queueOf(this);
		const out = [];
		for (const item of this.getInputData().keys()) {
			const id = await queue.submit(item);
			let status;
			do {
				await sleep(POLL_MS);
				({ status } = await queue.status(id));
			} while (status !== 'COMPLETED');
			const { images } = await queue.result(id);
			for (const image of images) {
				const bytes = await this.helpers.httpRequest({ url: image.url, encoding: 'arraybuffer' });
				const data = await this.helpers.prepareBinaryData(Buffer.from(bytes), 'try-on.png');
				out.push({ json: image, binary: { data }, pairedItem: { item } });
			}
		}
		return [out];
	}
};
