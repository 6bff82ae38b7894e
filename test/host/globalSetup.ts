import path from 'node:path';

import { packPackage } from '../../demo/stage';
import baseSetup from '../globalSetup';

/**
 * Packs the package once for all files of tests, each of which starts an n8n with it. Two runs at
 * once are given one tarball by whoever starts them: each would build into the same folder.
 */
export default async function globalSetup(): Promise<void> {
	baseSetup();
	const { TESTS_FOLDER = '' } = process.env;
	process.env.TESTS_PACKAGE ??= await packPackage(path.join(TESTS_FOLDER, 'package'));
}
