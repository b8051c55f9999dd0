/** Where the reader is: `#/sites/shop?search=x`. The hash, so that a controller serves one page whatever the address says. */
import { useSyncExternalStore } from 'react';

export interface Place {
  /** `['sites', 'shop']`; empty at home. */
  parts: string[];
  query: URLSearchParams;
}

export function parsePlace(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  return { parts: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

/** Links are typed by people too: what is no escape stands for itself. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function toHash(parts: string[], query: Record<string, string> = {}): string {
  const filled = Object.entries(query).filter(([, value]) => value !== '');
  const search = filled.length > 0 ? `?${new URLSearchParams(filled)}` : '';
  return `#/${parts.map(encodeURIComponent).join('/')}${search}`;
}

const follow = (listener: () => void) => {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
};

export function usePlace(): Place {
  return parsePlace(useSyncExternalStore(follow, () => window.location.hash));
}

/** Whether the reader is on that page now, however little of it is drawn yet. */
export function isAt(part: string): boolean {
  const { parts } = parsePlace(window.location.hash);
  return parts.length === 1 && parts[0] === part;
}

/** `replace`: typing in a search field makes no history. */
export function go(hash: string, { replace = false } = {}): void {
  if (!replace) window.location.hash = hash;
  else {
    window.history.replaceState(null, '', hash);
    window.dispatchEvent(new HashChangeEvent('hashchange'));
  }
}
