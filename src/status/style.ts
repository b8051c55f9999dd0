/** What the status page and the monthly report look alike in: colours with their dark twins, type, the bars of days. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const BASE_STYLE = readFileSync(join(import.meta.dirname, 'base.css'), 'utf8');
