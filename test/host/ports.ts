import { createServer } from 'node:net';

/**
 * Ports of 127.0.0.1 that nothing listens on right now, all different.
 *
 * @throws Error when the machine gives none
 */
export async function freePorts(count: number): Promise<number[]> {
	const servers = Array.from({ length: count }, () => createServer());
	try {
		return await Promise.all(
			servers.map(
				async (server) =>
					await new Promise<number>((resolve, reject) => {
						server.once('error', reject);
						server.listen(0, '127.0.0.1', () => {
							const address = server.address();
							if (address && typeof address === 'object') resolve(address.port);
							else reject(new Error('A listening server has no port'));
						});
					}),
			),
		);
	} finally {
		for (const server of servers) server.close();
	}
}
