/** One attempt of an edge to have a request answered by a copy: connect, send, wait; each may be refused, vanish or come late. */
import type { WriteId } from '../../trace.ts';
import { openStream } from '../network.ts';
import type { Process } from '../process.ts';
import type { World } from '../world.ts';
import type { AttemptEnd } from './counts.ts';
import type { Copy } from './health.ts';

const CONNECT_TIMEOUT_MS = 250;
const READ_TIMEOUT_MS = 60_000;

export interface Attempt {
  since: number;
  /** The request's bytes were handed to the network. */
  sent: boolean;
  /** Ends it as if the connection had been reset. */
  cut(): void;
  /** Nobody is interested any more. */
  forget(): void;
}

export interface AttemptOptions {
  world: World;
  edge: Process;
  copy: Copy;
  write: WriteId | null;
  /** Over a connection that is open already: nothing tells that its other end is gone. */
  kept: boolean;
  onSent(): void;
  onAnswer(status: number, certain: boolean): void;
  onFailure(kind: Exclude<AttemptEnd, 'answered' | 'errors'>, connected: boolean): void;
}

export function startAttempt(options: AttemptOptions): Attempt {
  const { world, edge, copy, write } = options;
  const { engine, net } = world;
  const from = edge.place;
  let over = false;
  const end = (work: () => void) =>
    edge.deliver(() => {
      if (over) return;
      over = true;
      stopTimer();
      work();
    });
  const attempt: Attempt = {
    since: engine.now(),
    sent: false,
    cut: () => end(() => options.onFailure('refused', attempt.sent)),
    forget: () => {
      over = true;
      stopTimer();
    },
  };
  let stopTimer = () => {};

  const backToEdge = (arrive: () => void) => {
    if (net.isClean(from, copy.zone)) engine.after(net.tripMs(copy.zone, from), arrive);
    else openStream(engine, net, copy.zone, from).send(arrive);
  };
  const reset = (connected: boolean) => end(() => options.onFailure('refused', connected));

  const arrive = () => {
    const application = world.application(copy.site, copy.zone);
    if (application === null) return backToEdge(() => reset(true));
    const gone = () => {
      if (net.isCut(copy.zone, from)) return;
      engine.after(net.tripMs(copy.zone, from), () => reset(true));
    };
    application.pending.add(gone);
    application.handle(write, ({ status, certain }) => {
      application.pending.delete(gone);
      backToEdge(() => end(() => options.onAnswer(status, certain)));
    });
  };
  const send = () => {
    attempt.sent = true;
    options.onSent();
    stopTimer = edge.clock.after(READ_TIMEOUT_MS, () => end(() => options.onFailure('timeouts', true)));
    if (net.isClean(from, copy.zone)) engine.after(net.tripMs(from, copy.zone), arrive);
    else openStream(engine, net, from, copy.zone).send(arrive);
  };
  const connect = () => {
    stopTimer = edge.clock.after(CONNECT_TIMEOUT_MS, () => end(() => options.onFailure('timeouts', false)));
    const there = net.tripMs(from, copy.zone);
    const back = net.tripMs(copy.zone, from);
    engine.after(there, () => {
      const listening = world.seats.of('application', copy.zone, copy.site).process !== null;
      engine.after(back, () => {
        if (!listening) return reset(false);
        edge.deliver(() => {
          if (over) return;
          stopTimer();
          send();
        });
      });
    });
  };
  if (options.kept) send();
  else connect();
  return attempt;
}
