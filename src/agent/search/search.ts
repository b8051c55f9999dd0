/**
 * A copy's search index. It is never replicated: once in each reign that follows a move, the site's own command rebuilds it where the site now
 * is. Nothing waits for it, and a command that fails or hangs is only told about.
 *
 *   waiting ──▶ rebuilding ──▶ done (index-warm)
 *      ▲            │ failed, or its limit is over: `PAUSES_MS` later again, and then no more in this reign
 *      └────────────┘
 */
import { join } from 'node:path';
import type { ActionReport, AuxiliaryReport, Epoch, MonoMs } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { readJson, writeWhole } from '../../platform/files.ts';
import type { Log } from '../../platform/log.ts';
import type { UserIds } from '../../platform/users.ts';
import { createCommandRunner } from '../app/command.ts';
import type { ApplicationPlan } from '../app/plan.ts';
import type { Launcher } from '../app/processes.ts';
import { createSince } from '../since.ts';
import { endOf, lastLine } from './last-line.ts';
import { type AskUrl, createAskUrl } from './url.ts';

export interface SearchOptions {
  clock: Clock;
  log: Log;
  launcher: Launcher;
  user: UserIds | null;
  runFolder: string;
  logFolder: string;
  /** `SITE/ZONE`, for the actions' ids. */
  copyName: string;
  /** Replaced in tests. */
  ask?: AskUrl;
}

export interface SearchGoal {
  /** The copy's application is to run here; nothing is looked at elsewhere. */
  wanted: boolean;
  /** The reign under which this copy is live, null while it is not: then a rebuild that runs is killed. */
  reign: Epoch | null;
  /** Nobody was live before: there is nothing to rebuild. */
  first: boolean;
  /** Visitors are let in, and nobody is about to move the site. */
  mayStart: boolean;
}

export interface Search {
  /** To be called again and again; returns at once. */
  pursue(plan: ApplicationPlan, goal: SearchGoal): void;
  /** Null: the site has no index. */
  report(): AuxiliaryReport | null;
  actions(): ActionReport[];
  /** Kills a rebuild that runs: the next agent begins it anew. */
  stop(): void;
}

/** After the first, the second … failure in a reign; after the last one it is not tried again. */
const PAUSES_MS = [5_000, 30_000, 180_000];
const MOST_ATTEMPTS = PAUSES_MS.length + 1;
const LOOK_MS = 5_000;
/** So many looks in vain in a row say that it is not there. */
const MOST_MISSES = 2;
/** Rebuilt without an answer from its address after so long: the command may know better. */
const ADDRESS_PATIENCE_MS = 60_000;
const MOST_ACTIONS = 10;

interface Progress {
  reign: Epoch | null;
  attempts: number;
  done: boolean;
  /** Last words of the last failure. */
  failure: string | null;
}

export function createSearch(options: SearchOptions): Search {
  const { clock, log, launcher, user, runFolder, logFolder, copyName } = options;
  const ask = options.ask ?? createAskUrl(clock);
  const file = join(runFolder, 'search.json');
  const logFile = join(logFolder, 'search.log');
  const runner = createCommandRunner({ clock, log, launcher, name: 'rebuild-index', runFolder });
  const since = createSince<AuxiliaryReport['state']>(clock);
  let progress = readProgress(file);
  let asked: { plan: NonNullable<ApplicationPlan['search']>; goal: SearchGoal } | null = null;
  let actions: ActionReport[] = [];
  let underway = false;
  let retryAt: MonoMs = 0;
  let reignSeenAt: MonoMs = 0;
  let address = { misses: 0, trouble: null as string | null, nextAt: 0 as MonoMs, answered: false };

  const note = (change: Partial<Progress>) => {
    progress = { ...progress, ...change };
    writeWhole(file, `${JSON.stringify(progress)}\n`).catch((error) =>
      log.warn({ err: error }, 'the state of the search index could not be noted'),
    );
  };

  const look = async (url: string) => {
    address = { ...address, nextAt: clock.mono() + LOOK_MS };
    const trouble = await ask(url);
    const misses = trouble === null ? 0 : address.misses + 1;
    address = { ...address, misses, trouble, answered: address.answered || trouble === null };
  };

  const rebuild = async (plan: ApplicationPlan, search: NonNullable<ApplicationPlan['search']>, reign: Epoch) => {
    const attempt = progress.attempts + 1;
    note({ attempts: attempt });
    const [startedAt, begun] = [clock.wall(), clock.mono()];
    const spec = { command: search.command, environment: search.environment, cwd: plan.appFolder, user, logFile };
    const logEnd = await endOf(logFile);
    const status = await runner.run(spec, search.timeoutMs);
    if (asked?.goal.reign !== reign) return;
    const tookMs = Math.round(clock.mono() - begun);
    const action = {
      id: `${copyName}/${reign}/rebuild-index-${attempt}`,
      verb: 'rebuild-index',
      epoch: reign,
      startedAt,
      tookMs,
    };
    if (status === 0) {
      note({ done: true, failure: null });
      const warm = { ...action, id: `${copyName}/${reign}/index-warm`, verb: 'index-warm' };
      tell({ ...action, outcome: 'done', detail: `attempt ${attempt}` });
      tell({ ...warm, outcome: 'done', detail: 'the search index is that of the present site again' });
      return;
    }
    const killed =
      tookMs >= search.timeoutMs ? `killed after its ${search.timeoutMs} ms` : 'killed, or not to be started';
    const ending = status === null ? killed : `exit status ${status}`;
    const failure = [ending, await lastLine(logFile, logEnd, secretsOf(plan))].filter(Boolean).join(': ');
    note({ failure });
    retryAt = clock.mono() + (PAUSES_MS[attempt - 1] ?? 0);
    tell({ ...action, outcome: 'failed', detail: `attempt ${attempt} of ${MOST_ATTEMPTS}: ${failure}` });
  };
  const tell = (action: ActionReport) => {
    actions = [...actions, action].slice(-MOST_ACTIONS);
    log.info(action, 'search');
  };

  const beginReign = (reign: Epoch, first: boolean) => {
    reignSeenAt = clock.mono();
    retryAt = 0;
    note({ reign, attempts: 0, done: first, failure: null });
  };

  const isDue = (goal: SearchGoal) =>
    goal.mayStart &&
    !progress.done &&
    progress.attempts < MOST_ATTEMPTS &&
    clock.mono() >= retryAt &&
    !underway &&
    (address.trouble === null ? address.answered : clock.mono() - reignSeenAt >= ADDRESS_PATIENCE_MS);

  return {
    pursue(plan, goal) {
      if (goal.reign === null && runner.running()) runner.kill();
      asked = plan.search === null ? null : { plan: plan.search, goal };
      if (plan.search === null || !goal.wanted) return;
      if (clock.mono() >= address.nextAt) void look(plan.search.url);
      const { reign } = goal;
      if (reign === null) return;
      if (reign !== progress.reign) beginReign(reign, goal.first);
      if (!isDue(goal)) return;
      underway = true;
      rebuild(plan, plan.search, reign)
        .catch((error) => log.error({ err: error }, 'the index cannot be rebuilt'))
        .finally(() => {
          underway = false;
        });
    },
    report() {
      if (asked === null) return null;
      const { state, trouble } = stateOf(asked.goal, asked.plan.url, address, progress, runner.running());
      return { state, stateForMs: since(state), trouble };
    },
    actions: () => actions,
    stop: () => runner.kill(),
  };
}

function stateOf(
  goal: SearchGoal,
  url: string,
  address: { misses: number; trouble: string | null },
  progress: Progress,
  rebuilding: boolean,
): Pick<AuxiliaryReport, 'state' | 'trouble'> {
  if (!goal.wanted) return { state: 'stopped', trouble: null };
  if (address.misses >= MOST_MISSES) return { state: 'stopped', trouble: `${url}: ${address.trouble}` };
  if (goal.reign === null || progress.reign !== goal.reign) return { state: 'cold', trouble: null };
  if (progress.done) return { state: 'warm', trouble: null };
  if (rebuilding || progress.failure === null) return { state: 'cold', trouble: null };
  const left = MOST_ATTEMPTS - progress.attempts;
  const next = left > 0 ? 'it is tried again' : `not tried again after ${MOST_ATTEMPTS} attempts`;
  return { state: 'failing', trouble: `rebuild: ${progress.failure}; ${next}` };
}

/** What must not be read in an incident, whatever a command prints. */
function secretsOf({ values }: ApplicationPlan): string[] {
  return [values['database.password'], values['site.secret']];
}

function readProgress(file: string): Progress {
  const found = readJson(file) as Partial<Progress> | null;
  const { reign = null, attempts = 0, done = false, failure = null } = found ?? {};
  return { reign, attempts, done, failure };
}
