import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

// n8n-core writes its instance settings on import; they go to a folder of this test worker's own.
process.env.N8N_USER_FOLDER = mkdtempSync(path.join(tmpdir(), 'n8n-nodes-virtual-try-on-'));
// A key of the machine must never reach a test, nor the client that reads it at import.
delete process.env.FAL_KEY;
delete process.env.FAL_KEY_ID;
delete process.env.FAL_KEY_SECRET;
// n8n prints every error of a node; the tests look at the errors themselves.
process.env.N8N_LOG_LEVEL = 'silent';
