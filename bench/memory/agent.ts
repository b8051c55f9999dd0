/** A real agent over a store in memory, with as many new sites as it is told: says when all their databases are writable, then idles. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runAgent } from '../../src/agent/main.ts';
import { agentConfig } from '../../src/config/programs.ts';
import { systemClock as clock } from '../../src/platform/clock.ts';
import { createLog } from '../../src/platform/log.ts';
import { MemoryCluster, openMemoryStore } from '../../src/store/memory.ts';
import { aSpec } from '../../test/support/fixtures.ts';

const [folder = '', sites = '1', port = '0'] = process.argv.slice(2);
const cluster = new MemoryCluster();
const store = openMemoryStore(cluster, { clock });
writeFileSync(join(folder, 'key'), 'a-cluster-key-for-benches\n', { mode: 0o600 });
const config = agentConfig.parse({
  zone: 'a',
  listen: `127.0.0.1:${port}`,
  address: '127.0.0.1',
  portBase: Number(port) + 1,
  store: { endpoints: ['http://127.0.0.1:1'] },
  clusterKeyFile: join(folder, 'key'),
  stateDir: join(folder, 'agent'),
});
for (let site = 1; site <= Number(sites); site += 1) {
  const name = `site-${site}`;
  const spec = aSpec({ site: name, hosts: [`${name}.example`], zones: ['a', 'b'], database: { name: `site${site}` } });
  await store.applySite(spec, clock.wall());
}
await runAgent(config, { store, log: createLog('agent', { zone: 'a' }, 'silent') });
process.stdout.write('runs\n');
