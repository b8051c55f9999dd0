/** docs/reference/configuration.md and codes.md from the schemas and tables: this writes them, and a test fails when they are not theirs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationPage } from '../src/config/reference.ts';
import { codesPage } from './codes-page.ts';

const at = (name: string) => join(import.meta.dirname, '../docs/reference', name);
writeFileSync(at('configuration.md'), configurationPage());
writeFileSync(at('codes.md'), codesPage());
