/** docs/reference/api.md from the table of routes: `node scripts/api-docs.ts` writes it, and a test fails when it is not the table's. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiPage } from '../src/api/docs.ts';

writeFileSync(join(import.meta.dirname, '../docs/reference/api.md'), apiPage());
