// The examples as their users meet them: each served by the gateway with its own config, called over HTTP.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig } from '../gateway/config/load.ts';
import { Gateway } from '../gateway/gateway.ts';
import { captureLog } from '../gateway/testing/captured-log.ts';
import { EXAMPLES, modulePath } from './build.ts';
import { CASES } from './cases.ts';

/** Bodies of a megabyte are about the examples' own limits, not about serving them. */
const small = CASES.filter(({ repeat }) => repeat === undefined);

async function serve(example: string): Promise<Gateway> {
  const file = path.join(import.meta.dirname, example, 'wasmgate.yaml');
  // The config as it is, but on a free port.
  const text = readFileSync(file, 'utf8').replace('127.0.0.1:8080', '127.0.0.1:0');
  return Gateway.start(await parseConfig(text, file), captureLog().logger);
}

for (const { name, install } of EXAMPLES) {
  const isBuilt = existsSync(modulePath(name));
  const missing = isBuilt ? '' : ` (not built; its compiler: ${install})`;
  test.skipIf(!isBuilt && !process.env['CI'])(`${name} answers every case byte for byte${missing}`, async () => {
    const gateway = await serve(name);
    const url = `http://127.0.0.1:${gateway.address.port}/api/tax`;
    try {
      for (const { body, status, answer } of small) {
        const response = await fetch(url, { method: 'POST', body });
        const got = { status: response.status, body: await response.text() };
        expect(got).toEqual({ status, body: answer });
        expect(response.headers.get('content-type')).toBe('application/json');
      }
    } finally {
      await gateway.close(0);
    }
  });
}
