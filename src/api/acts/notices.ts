/** A message that did not arrive is tried again. */
import { HoldfastError } from '../../errors.ts';
import type { Notice } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Store } from '../../store/store.ts';
import { MOST_ATTEMPTS } from './desk.ts';

/** Dead or waiting: due now, with all its attempts before it. @throws HoldfastError `notice-unknown`, `notice-sent` */
export async function retryNotice(
  { store, clock }: { store: Pick<Store, 'notice' | 'changeNotice'>; clock: Clock },
  id: string,
): Promise<{ sentence: string }> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const kept = await store.notice(id);
    if (kept === null) throw new HoldfastError('notice-unknown', { notice: id });
    if (kept.value.state === 'sent') throw new HoldfastError('notice-sent', { notice: id });
    const next: Notice = { ...kept.value, state: 'waiting', attempts: 0, dueAt: clock.wall() };
    if ((await store.changeNotice(kept, next)) !== null)
      return { sentence: `The notice ${id} to ${next.person} is tried again now.` };
  }
  return { sentence: `The notice ${id} is being tried just now.` };
}
