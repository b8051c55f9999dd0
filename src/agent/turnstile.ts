/** Lets so many through at a time; the others wait in the order in which they came. */
export interface Turnstile {
  /** Resolves with what has to be called at the end; with null when `signal` aborts first. Callers ask for one at a time. */
  enter(signal: AbortSignal): Promise<(() => void) | null>;
}

export function createTurnstile(most: number): Turnstile {
  const waiting = new Set<() => void>();
  let inside = 0;
  const leave = () => {
    inside -= 1;
    const [next] = waiting;
    next?.();
  };
  const pass = () => {
    inside += 1;
    let left = false;
    return () => {
      if (!left) leave();
      left = true;
    };
  };
  return {
    enter(signal) {
      if (signal.aborted) return Promise.resolve(null);
      if (inside < most) return Promise.resolve(pass());
      return new Promise((resolve) => {
        const done = (result: (() => void) | null) => {
          waiting.delete(next);
          signal.removeEventListener('abort', giveUp);
          resolve(result);
        };
        const next = () => done(pass());
        const giveUp = () => done(null);
        waiting.add(next);
        signal.addEventListener('abort', giveUp, { once: true });
      });
    },
  };
}
