/** What is put together bit by bit is what the whole incident's outline says, in whatever order its entries arrive. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type IncidentEntry, UPDATE_STATES } from '../model/index.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import { updateEntry } from '../record/updates.ts';
import { anEntry } from '../store/fixtures.ts';
import { newIncidentId } from '../store/keys.ts';
import { MemoryCluster, openMemoryStore } from '../store/memory.ts';
import { createDigest } from './incident-digest.ts';
import { toOutline } from './schemas/incident.ts';

const entry = fc
  .record({
    at: fc.integer({ min: 1_000, max: 1_020 }),
    site: fc.constantFrom('shop', 'blog', null),
    what: fc.constantFrom('failover', 'close-incident', 'protected', 'acknowledged', 'update'),
    state: fc.constantFrom(...UPDATE_STATES),
    by: fc.constantFrom('Ada', 'Grace'),
  })
  .map(
    ({ at, site, what, by, state }): IncidentEntry =>
      what === 'update'
        ? updateEntry({ at, by, state, text: `${by} ${at}`, public: true })
        : what === 'acknowledged'
          ? anEntry({ at, site: null, kind: 'note', code: what, by: `person:${by}`, sentence: `${by} ${at}` })
          : anEntry({ at, site, code: what, sentence: `${what} ${site} ${at}` }),
  );

test('an outline taken in bit by bit is the whole incident’s', async () => {
  const id = newIncidentId(1_000, 'zone-dark:a');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(entry, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
      async (groups) => {
        const store = openMemoryStore(new MemoryCluster(), { clock: createManualClock() });
        const digest = createDigest(id);
        for (const [at, entries] of groups.entries()) {
          await store.appendToIncident(id, `group-${at}`, entries);
          for (const { order, entries: some } of await store.incidentSince(id, digest.order()))
            digest.take(order, some);
        }
        const whole = toOutline((await store.incident(id))!);
        expect(digest.outline()).toEqual(whole);
      },
    ),
    { numRuns: 200 },
  );
});
