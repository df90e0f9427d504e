// Writes the published JSON Schema: node gateway/config/write-schema.ts

import { writeFile } from 'node:fs/promises';

import { jsonSchemaText } from './schema.ts';

await writeFile(new URL('wasmgate.schema.json', import.meta.url), jsonSchemaText());
