import type { HostVersion } from './install';

// Jest's project says it (`jest.config.js`).
declare const HOST_VERSION: HostVersion;

/** The version of n8n that is tested in. */
export const version = HOST_VERSION;
