/** Descriptions into the store, when the plans allow them; who gains or loses protection is told. */
import { HoldfastError } from '../../errors.ts';
import { planRefusal, type ServiceSpec, type SiteId, type SiteSpec, wantsProtection } from '../../model/index.ts';
import type { EventLog } from '../../notify/happenings.ts';
import type { Clock } from '../../platform/clock.ts';
import { type PlanChange, planChanges, siteChange } from '../../record/plans.ts';
import type { Store } from '../../store/store.ts';

export interface ApplyParts {
  clock: Clock;
  store: Pick<Store, 'read' | 'applySite' | 'service' | 'applyService'>;
  tell(event: EventLog, about?: readonly SiteSpec[]): Promise<void>;
}

export interface Applied {
  sentence: string;
  /** What the person who applies it should know. */
  warnings: string[];
}

/** People are told first: whoever applies it again after a failure finds nothing changed any more. */
export async function applySite({ store, clock, tell }: ApplyParts, spec: SiteSpec): Promise<Applied> {
  const { sites, service = null } = await store.read();
  const refusal = planRefusal(spec, service);
  if (refusal !== null) throw new HoldfastError(refusal.code, { sentence: refusal.sentence, fix: refusal.fix });
  const before = sites.find((record) => record.spec.site === spec.site)?.spec ?? null;
  const now = clock.wall();
  const changes = siteChange(before, spec, service?.plans ?? null);
  for (const event of planEvents(changes, now)) await tell(event, [spec]);
  await store.applySite(spec, now);
  const protects = wantsProtection(spec, service?.plans ?? null);
  return {
    sentence: before === null ? `Site ${spec.site} was added.` : `Site ${spec.site} was described anew.`,
    warnings: protects ? [] : [`${spec.site} runs in one zone, without site disaster recovery.`],
  };
}

export async function applyService({ store, clock, tell }: ApplyParts, spec: ServiceSpec): Promise<Applied> {
  const { sites } = await store.read();
  const before = await store.service();
  const now = clock.wall();
  const described = sites.map((record) => record.spec);
  const changes = planChanges(described, before?.plans ?? null, spec.plans);
  const since = before?.since ?? now;
  if (before !== null) for (const event of planEvents(changes, now)) await tell(event);
  await store.applyService({ ...spec, since });
  return {
    sentence: `The service ${spec.name} was described${before === null ? '' : ' anew'}.`,
    warnings: warningsOf(spec, described, changes),
  };
}

function warningsOf(spec: ServiceSpec, sites: SiteSpec[], changes: PlanChange[]): string[] {
  const list = (names: SiteId[]) =>
    `${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''}`;
  const of = (stage: PlanChange['stage']) => changes.filter((change) => change.stage === stage).map(({ site }) => site);
  const unknown = sites.filter(({ plan }) => !spec.plans.some(({ name }) => name === plan)).map(({ site }) => site);
  const mails = sites.filter(({ notify }) => notify.some((to) => to.includes('@'))).map(({ site }) => site);
  const hooks = sites.filter(({ notify }) => notify.some((to) => to.startsWith('https://'))).map(({ site }) => site);
  return [
    of('unprotected').length > 0 ? `Not protected any more: ${list(of('unprotected'))}.` : '',
    of('protected').length > 0 ? `Protected from now on: ${list(of('protected'))}.` : '',
    unknown.length > 0 ? `On a plan that is not sold any more, and left as they are: ${list(unknown)}.` : '',
    spec.channels.email === null && mails.length > 0
      ? `No e-mail can be sent, and these name addresses: ${list(mails)}.`
      : '',
    spec.channels.webhook === null && hooks.length > 0
      ? `No webhook can be sent, and these name addresses: ${list(hooks)}.`
      : '',
  ].filter((warning) => warning !== '');
}

/** Those who gain and those who lose protection are told apart. */
function planEvents(changes: PlanChange[], now: number): EventLog[] {
  return (['protected', 'unprotected'] as const).flatMap((stage) => {
    const concerned = changes.filter((change) => change.stage === stage).map(({ site }) => site);
    if (concerned.length === 0) return [];
    const happenings = concerned.map((site) => ({
      order: now,
      at: now,
      kind: 'plan' as const,
      site,
      values: { stage },
    }));
    const event = `plan~${stage}~${now}`;
    const sites = new Set(concerned);
    const figures = new Map();
    return [{ event, incident: null, subject: '', planned: false, lasting: false, sites, happenings, figures }];
  });
}
