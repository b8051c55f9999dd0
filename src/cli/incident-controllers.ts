/** In which order to ask controllers for what they kept of an incident: who decided in it first, who was in the suspect zone last. */
import type { Incident, ZoneId } from '../model/index.ts';
import type { Access } from './access.ts';
import { askControllers } from './controllers.ts';

const ASK_MS = 1_000;

/** The same controllers, in another order; as given where nothing is known. */
export async function orderForIncident(access: Access, incident: string): Promise<Access> {
  const [known, ...zones] = await Promise.all([
    askControllers<Incident>(access, `/incidents/${encodeURIComponent(incident)}`).catch(() => null),
    ...access.controllers.map((controller) => zoneOf({ ...access, controllers: [controller] })),
  ]);
  const deciders = (known?.body.entries ?? []).flatMap(({ kind, code, by }) =>
    kind === 'decision' && code !== 'open-incident' ? [by.replace(/^controller:/, '')] : [],
  );
  const rankOf = (zone: ZoneId | null): number => {
    if (zone !== null && zone === deciders[0]) return 0;
    return zone !== null && zone === suspectOf(incident) ? 2 : 1;
  };
  const controllers = access.controllers
    .map((controller, index) => ({ controller, rank: rankOf(zones[index] ?? null) }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ controller }) => controller);
  return { ...access, controllers };
}

/** `…~zone-dark:a`, `…~copy-down:a:shop` → a. */
function suspectOf(incident: string): ZoneId | null {
  return /~[a-z-]+:([^:~]+)/.exec(incident)?.[1] ?? null;
}

async function zoneOf(one: Access): Promise<ZoneId | null> {
  const answer = await askControllers<{ controller: ZoneId }>(one, '/me', { limitMs: ASK_MS }).catch(() => null);
  return answer?.body.controller ?? null;
}
