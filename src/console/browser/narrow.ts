/** Is this a phone, as far as the layout is concerned? The same width as in styles/. */
import { useSyncExternalStore } from 'react';

const NARROW = '(max-width: 640px)';

const follow = (listener: () => void) => {
  const query = window.matchMedia(NARROW);
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
};

export function useNarrow(): boolean {
  return useSyncExternalStore(follow, () => window.matchMedia(NARROW).matches);
}
