/** Keeps an empty platform (etcd only) up in a process of its own, so that a test can kill it: `keep-platform.ts NAME`. */
import { startPlatform } from '../../src/local/platform.ts';

const platform = await startPlatform({ name: process.argv[2]!, siteFile: null, temporary: true, programs: 'store' });
process.on('SIGTERM', () => void platform.stop().then(() => process.exit(0)));
process.stdout.write('up\n');
setInterval(() => {}, 60_000);
