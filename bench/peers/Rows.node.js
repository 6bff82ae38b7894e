const { NodeConnectionTypes } = require('n8n-workflow');

const COUNT = { displayName: 'Count', name: 'count', type: 'number', default: 1 };
const BYTES = { displayName: 'Bytes', name: 'bytes', type: 'number', default: 0 };

/** What every JPEG file begins with. */
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);

/** So many rows; each with a picture of its own when a size is given. */
exports.Rows = class {
	description = {
		displayName: 'Rows',
		name: 'rows',
		group: ['transform'],
		version: 1,
		description: 'Makes rows for the bench',
		defaults: { name: 'Rows' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		properties: [COUNT, BYTES],
	};

	async execute() {
		const [given] = this.getInputData();
		const size = this.getNodeParameter('bytes', 0);
		// One for all: what is measured is what comes after this node.
		const bytes = Buffer.alloc(size);
		JPEG.copy(bytes);
		const out = [];
		for (let row = 0; row < this.getNodeParameter('count', 0); row += 1) {
			const item = { json: { ...given.json.body, row }, pairedItem: { item: 0 } };
			if (size > 0) {
				// Equal pictures would be uploaded once.
				bytes.writeUInt32BE(row, JPEG.length);
				const data = await this.helpers.prepareBinaryData(bytes, 'person.jpg', 'image/jpeg');
				item.binary = { data };
			}
			out.push(item);
		}
		return [out];
	}
};
