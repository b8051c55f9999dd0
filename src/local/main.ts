/** What `npm start` runs: WordPress on three zones of this machine, until Ctrl-C. */
import { join } from 'node:path';
import { runInForeground } from './foreground.ts';
import { CHECKOUT } from './instance.ts';

process.exit(await runInForeground(join(CHECKOUT, 'examples/wordpress/site.yaml'), process.stdout));
