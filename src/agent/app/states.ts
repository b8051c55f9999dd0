/**
 * The states of a copy's application, and every transition: a missing case does not compile.
 *
 *   stopped ─▶ installing ─▶ starting ─▶ ready ◀─▶ failing
 *      ▲           ▲ └──────────┴─ changed ┴──────────┘
 *      └─ stopping ◀─────────── stop-wanted (from any of them)
 */
import type { ApplicationState } from '../../model/index.ts';

export type SupervisorState = 'stopped' | 'installing' | 'starting' | 'ready' | 'failing' | 'stopping';

export type SupervisorEvent =
  | 'run-wanted'
  | 'stop-wanted'
  /** The description differs from what is installed. */
  | 'changed'
  | 'installed'
  | 'answered-well'
  | 'answered-badly'
  /** It had its time to start and did not answer. */
  | 'grace-over'
  | 'process-died'
  /** No process is left. */
  | 'ended';

export const TRANSITIONS: Record<SupervisorState, Record<SupervisorEvent, SupervisorState>> = {
  stopped: {
    'run-wanted': 'installing',
    'stop-wanted': 'stopped',
    changed: 'stopped',
    installed: 'stopped',
    'answered-well': 'stopped',
    'answered-badly': 'stopped',
    'grace-over': 'stopped',
    'process-died': 'stopped',
    ended: 'stopped',
  },
  installing: {
    'run-wanted': 'installing',
    'stop-wanted': 'stopping',
    changed: 'installing',
    installed: 'starting',
    'answered-well': 'installing',
    'answered-badly': 'installing',
    'grace-over': 'installing',
    'process-died': 'installing',
    ended: 'installing',
  },
  starting: {
    'run-wanted': 'starting',
    'stop-wanted': 'stopping',
    changed: 'installing',
    installed: 'starting',
    'answered-well': 'ready',
    'answered-badly': 'starting',
    'grace-over': 'failing',
    'process-died': 'starting',
    ended: 'starting',
  },
  ready: {
    'run-wanted': 'ready',
    'stop-wanted': 'stopping',
    changed: 'installing',
    installed: 'ready',
    'answered-well': 'ready',
    'answered-badly': 'failing',
    'grace-over': 'ready',
    'process-died': 'failing',
    ended: 'failing',
  },
  failing: {
    'run-wanted': 'failing',
    'stop-wanted': 'stopping',
    changed: 'installing',
    installed: 'failing',
    'answered-well': 'ready',
    'answered-badly': 'failing',
    'grace-over': 'failing',
    'process-died': 'failing',
    ended: 'failing',
  },
  stopping: {
    'run-wanted': 'stopping',
    'stop-wanted': 'stopping',
    changed: 'stopping',
    installed: 'stopping',
    'answered-well': 'stopping',
    'answered-badly': 'stopping',
    'grace-over': 'stopping',
    'process-died': 'stopping',
    ended: 'stopped',
  },
};

/** What the controllers are told. */
export const REPORTED: Record<SupervisorState, ApplicationState> = {
  stopped: 'stopped',
  installing: 'starting',
  starting: 'starting',
  ready: 'ready',
  failing: 'failing',
  stopping: 'stopped',
};
