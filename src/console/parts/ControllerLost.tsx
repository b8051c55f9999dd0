/** The controller is not heard, or it does not hear the store: what is shown may be old, and the page says so at the top. */
import { useEffect } from 'react';
import { useCell } from '../browser/store.ts';
import { connection, doubt } from '../data/live.ts';
import { useResource } from '../data/resource.ts';
import type { ZonesAnswer } from '../data/shapes.ts';
import { For, useNow } from './Clock.tsx';

/** A connection that is renewed within this is nobody's concern. */
const PATIENCE_MS = 2_000;
export const ZONES_EVERY_MS = 2_000;

export function LostNotice() {
  const { state, since } = useCell(connection);
  const now = useNow();
  const shown = state === 'lost' && now - since > PATIENCE_MS;
  return (
    <div aria-live="assertive">
      {shown && (
        <div className="banner tone-bad-wash">
          <p>
            <strong>
              The controller has not been heard for <For since={since} />.
            </strong>{' '}
            What is shown is from then. It is tried again by itself. Sites do not depend on it: another zone’s
            controller decides meanwhile.
          </p>
        </div>
      )}
    </div>
  );
}

export function StoreNotice() {
  const { data, problem } = useResource<ZonesAnswer>('/zones', { everyMs: ZONES_EVERY_MS });
  useEffect(() => {
    if (problem?.status === 0) doubt();
  }, [problem]);
  return (
    <div aria-live="polite">
      {data?.storeFresh === false && (
        <div className="banner tone-warn-wash">
          <p>
            <strong>The store does not answer this controller.</strong> Sites keep serving, reads and writes; only moves
            wait. Placements shown may be old.
          </p>
        </div>
      )}
    </div>
  );
}
