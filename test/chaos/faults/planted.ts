/**
 * A bug put into the platform on purpose, so that a run shows that its checker would see one: the live database is told, behind its
 * agent's back, to acknowledge without its standby, whom it does not reach; then it is lost. `--plant leak`.
 */
import { join } from 'node:path';
import { createSession } from '../../../src/agent/mariadb/session.ts';
import { ADMIN_USER } from '../../../src/agent/mariadb/users.ts';
import { killZone } from '../../../src/local/faults.ts';
import { cutLink } from '../../../src/local/faults-network.ts';
import { freezeProgram } from '../../../src/local/faults-parts.ts';
import { copyFolder } from '../../../src/local/instance.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { createLog } from '../../../src/platform/log.ts';
import { openEtcdStore } from '../../../src/store/etcd.ts';
import { type FaultKind, nothing } from './types.ts';

const LEAKS_FOR_MS = 1_500;
const MOVES_WITHIN_MS = 60_000;

export const PLANTED = {
  'planted-leak': {
    size: 'part',
    weight: 0,
    async inject({ instance, site, placement }) {
      const { live, standby } = placement();
      if (standby === null) return null;
      const store = openEtcdStore({
        endpoints: instance.endpoints,
        clock: systemClock,
        log: createLog('chaos', {}, 'fatal'),
      });
      const secrets = await store.secrets(site);
      await store.close();
      const admin = createSession(systemClock, {
        socketPath: join(copyFolder(instance, live, site), 'db.sock'),
        user: ADMIN_USER,
        password: secrets?.adminPassword,
      });
      // Its agent would see it and set it right.
      freezeProgram(instance, `agent-${live}`);
      const mend = await cutLink(instance, live, standby);
      await admin.query('SET GLOBAL rpl_semi_sync_master_enabled=0');
      await systemClock.sleep(LEAKS_FOR_MS);
      await killZone(instance, live);
      admin.close();
      for (let waitedMs = 0; placement().live === live && waitedMs < MOVES_WITHIN_MS; waitedMs += 100) {
        await systemClock.sleep(100);
      }
      // Not before: what a killed server has handed to its kernel would reach the standby after all.
      await mend();
      return { to: `live ${live}`, detail: 'it acknowledged alone, then it was lost', mend: nothing };
    },
  },
} satisfies Record<string, FaultKind>;
