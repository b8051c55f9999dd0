/** The console's only way to the clock and to timers, as `src/platform/` is for the programs. */

export function now(): number {
  return Date.now();
}

/** Calls until the returned function is called. */
export function every(ms: number, call: () => void): () => void {
  const timer = setInterval(call, ms);
  return () => clearInterval(timer);
}

/** Calls once, unless the returned function is called before. */
export function after(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
}
