import { agentTests } from './examples/agent';
import { type Bed, raiseBed } from './examples/bed';
import { boughtTests } from './examples/bought';
import { campaignTests } from './examples/campaign';
import { canvasTests } from './examples/canvas';
import { dressTests } from './examples/dress';
import { driveTests } from './examples/drive';
import { listenTests } from './examples/listen';
import { outfitTests } from './examples/outfit';
import { qualityTests } from './examples/quality';
import { shapeTests } from './examples/shape';
import { sheetTests } from './examples/sheet';
import { triggerTests } from './examples/triggers';
import { webhookTests } from './examples/webhook';
import { webshopTests } from './examples/webshop';
import { version } from './version';

/** Covers the installation of a host on first use. */
const PREPARE_LIMIT_MS = 60 * 60_000;

describe(`examples in a real n8n ${version}`, () => {
	let bed: Bed | undefined;

	function up(): Bed {
		if (bed) return bed;
		throw new Error('The stage is not up');
	}

	beforeAll(async () => {
		bed = await raiseBed(version);
	}, PREPARE_LIMIT_MS);

	afterAll(async () => {
		await bed?.close();
	});

	shapeTests(up);
	// n8n's newest is what a reader of examples/README.md is shown.
	if (version === '2.41.1') canvasTests(up);
	sheetTests(up);
	webhookTests(up);
	webshopTests(up);
	outfitTests(up);
	driveTests(up);
	qualityTests(up);
	campaignTests(up);
	dressTests(up);
	boughtTests(up);
	agentTests(up);
	triggerTests(up);
	listenTests(up, version === '2.41.1');
});
