/** Pushes an observer's report to every controller ten times a second and when there is news, over connections that break, hang and are made anew. */
import type { Report, ZoneId } from '../../src/model/index.ts';
import { openStream, type Stream } from './network.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

const EVERY_MS = 100;
const LEAST_GAP_MS = 20;
const HANDSHAKE_MS = 1_000;
const RECONNECT_PAUSE_MS = 250;
const PING_EVERY_MS = 1_000;
/** About 256 KiB of reports. */
const MOST_WAITING = 100;

interface Link {
  zone: ZoneId;
  stream: Stream | null;
  /** The controller process at the other end. */
  peer: Process | null;
  connecting: boolean;
  retryAt: number;
  pingedAt: number;
  ponged: boolean;
}

/** `zones`: those in which a controller is registered. */
export function createSimPusher(
  world: World,
  process: Process,
  zones: () => Iterable<ZoneId>,
  report: () => Report,
): { soon(): void } {
  const { engine, net, seats } = world;
  const { place, clock } = process;
  const links = new Map<ZoneId, Link>();

  const close = (link: Link) => {
    link.stream?.close();
    link.stream = null;
    link.peer = null;
    link.connecting = false;
    link.retryAt = clock.mono() + RECONNECT_PAUSE_MS;
  };

  const connect = (link: Link) => {
    link.connecting = true;
    let over = false;
    const done = (work: () => void) =>
      process.deliver(() => {
        if (over || !link.connecting) return;
        over = true;
        work();
      });
    engine.after(HANDSHAKE_MS, () => done(() => close(link)));
    engine.after(net.tripMs(place, link.zone), () => {
      const peer = seats.of('controller', link.zone).process;
      const back = (work: () => void) => engine.after(net.tripMs(link.zone, place), () => done(work));
      if (peer === null) back(() => close(link));
      else peer.deliver(() => back(() => open(link, peer)));
    });
  };

  const open = (link: Link, peer: Process) => {
    if (peer.state() === 'ended') return close(link);
    link.connecting = false;
    link.stream = openStream(engine, net, place, link.zone);
    link.peer = peer;
    link.ponged = true;
    link.pingedAt = clock.mono();
    const { stream } = link;
    // Its end resets the connection, if that can be heard.
    peer.onEnd(() => {
      const tripMs = net.tripMs(link.zone, place);
      if (tripMs === Number.POSITIVE_INFINITY) return;
      engine.after(tripMs, () => process.deliver(() => link.stream === stream && close(link)));
    });
  };

  const ping = (link: Link) => {
    const { stream, peer } = link;
    link.ponged = false;
    link.pingedAt = clock.mono();
    stream!.send(() =>
      peer!.deliver(() => {
        const tripMs = net.tripMs(link.zone, place);
        if (tripMs === Number.POSITIVE_INFINITY) return;
        engine.after(tripMs, () =>
          process.deliver(() => {
            if (link.stream === stream) link.ponged = true;
          }),
        );
      }),
    );
  };

  const watchOver = (link: Link) => {
    const due = clock.mono() - link.pingedAt >= PING_EVERY_MS;
    if (link.stream!.waiting() > MOST_WAITING || (due && !link.ponged)) close(link);
    else if (due) ping(link);
  };

  const send = (link: Link, message: Report) => {
    const { peer } = link;
    const arrive = () => world.controllers.get(link.zone)?.hear(message, peer!);
    if (net.isClean(place, link.zone)) return link.stream!.send(arrive);
    // What an earlier connection still had under way may come late, twice, and after what a later one brought.
    const { againAfterMs, lateByMs } = net.oddities(place, link.zone);
    if (againAfterMs !== null) engine.after(againAfterMs + lateByMs, arrive);
    if (lateByMs > 0 && net.lossOf(place, link.zone) < 1) engine.after(lateByMs, arrive);
    else link.stream!.send(arrive);
  };

  let sentAt = Number.NEGATIVE_INFINITY;
  let cancelSoon: (() => void) | null = null;
  const sendAll = () => {
    cancelSoon?.();
    cancelSoon = null;
    let message: Report | null = null;
    for (const link of links.values()) {
      if (link.stream === null) continue;
      message ??= report();
      send(link, message);
    }
    if (message !== null) sentAt = clock.mono();
  };

  const turn = () => {
    for (const zone of zones()) {
      let link = links.get(zone);
      if (link === undefined) {
        link = { zone, stream: null, peer: null, connecting: false, retryAt: 0, pingedAt: 0, ponged: true };
        links.set(zone, link);
      }
      if (link.stream !== null) watchOver(link);
      else if (!link.connecting && clock.mono() >= link.retryAt) connect(link);
    }
    sendAll();
  };
  clock.every(EVERY_MS, turn);
  turn();
  return {
    soon() {
      cancelSoon ??= clock.after(Math.max(0, sentAt + LEAST_GAP_MS - clock.mono()), sendAll);
    },
  };
}
