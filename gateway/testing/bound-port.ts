// Where a server of a test listens.

import { once } from 'node:events';
import type { Server } from 'node:net';

/** Binds a free port of 127.0.0.1. */
export async function listenOnFreePort(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('bound to no port');
  return address.port;
}
