/** Where people ask a controller: what its API does for orders, approvals, whole zones and descriptions, without the HTTP around it. */
import { type ApplyParts, applySite } from '../../src/api/acts/apply.ts';
import { approve } from '../../src/api/acts/approve.ts';
import type { Desk } from '../../src/api/acts/desk.ts';
import { callOffMove, orderMove } from '../../src/api/acts/move.ts';
import { evacuate, giveBack } from '../../src/api/acts/zone.ts';
import type { Wish } from '../../src/decide/index.ts';
import { HoldfastError } from '../../src/errors.ts';
import type { SiteId, SiteSpec, ZoneId } from '../../src/model/index.ts';

export type Asking =
  | { want: 'move' | 'accept-loss'; site: SiteId; to: ZoneId; drainMs: number | null }
  | { want: 'call-off' | 'approve'; site: SiteId }
  | { want: 'evacuate' | 'return'; zone: ZoneId }
  | { want: 'plan'; spec: SiteSpec };

export interface Answer {
  status: number;
  /** What was answered, or the error's sentence. */
  sentence: string;
}

/** @throws StoreUnavailable */
export type Counter = (asking: Asking) => Promise<Answer>;

const BY = 'Ada';

export function createCounter(desk: Desk & { store: ApplyParts['store'] }): Counter {
  return async (asking) => {
    try {
      return { status: 200, sentence: (await act(desk, asking)).sentence };
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      return { status: error.httpStatus, sentence: error.message };
    }
  };
}

const nobodyIsTold = async () => {};

function act(desk: Desk & { store: ApplyParts['store'] }, asking: Asking): Promise<{ sentence: string }> {
  switch (asking.want) {
    case 'move':
    case 'accept-loss': {
      const { want: kind, to, drainMs } = asking;
      const wish: Wish = { kind, to, by: BY, why: '', drainMs, at: null };
      return orderMove(desk, asking.site, wish);
    }
    case 'call-off':
      return callOffMove(desk, asking.site, BY);
    case 'approve':
      return approve(desk, asking.site, BY);
    case 'evacuate':
      return evacuate(desk, { zone: asking.zone, by: BY, why: '' });
    case 'return':
      return giveBack(desk, { zone: asking.zone, by: BY, why: '' });
    case 'plan':
      return applySite({ ...desk, tell: nobodyIsTold }, asking.spec);
  }
}
