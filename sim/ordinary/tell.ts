/** Puts an effect into words by what it changes in a world where nothing is wrong. */
import { type Cluster, EDGES, ZONES } from './cluster.ts';
import { type Conditions, type Effect, normal } from './conditions.ts';

const node = (index: number) => (index < 3 ? `zone ${ZONES[index]}` : EDGES[index - 3]);

export function tellEffect(cluster: Cluster): (effect: Effect) => [number, string] {
  return (effect) => {
    const changed = normal(cluster);
    effect.apply(changed);
    const said = [...waysOf(changed), ...processesOf(changed), ...sitesOf(cluster, changed)];
    const until = Math.round(effect.toMs);
    return [Math.round(effect.fromMs), `until ${until} ms: ${said.join('; ') || 'nothing'}`];
  };
}

function waysOf({ loss }: Conditions): string[] {
  return loss.flatMap((row, from) =>
    row.flatMap((share, to) => (share > 0 ? [`${node(from)} → ${node(to)} loses ${percent(share)}`] : [])),
  );
}

function processesOf({
  agentPaused,
  controllerPaused,
  edgePaused,
  zoneDead,
  reportDelayMs,
  wallJumpMs,
}: Conditions): string[] {
  const named = (flags: boolean[], what: string, names: readonly string[]) =>
    flags.flatMap((flag, index) => (flag ? [`${what} ${names[index]}`] : []));
  return [
    ...named(agentPaused, 'paused agent', ZONES),
    ...named(controllerPaused, 'paused controller', ZONES),
    ...named(edgePaused, 'paused', EDGES),
    ...named(zoneDead, 'dead zone', ZONES),
    ...reportDelayMs.flatMap((ms, index) => (ms > 0 ? [`reports of ${node(index)} ${Math.round(ms)} ms late`] : [])),
    ...wallJumpMs.flatMap((ms, index) =>
      ms !== 0 ? [`wall clock of ${node(index)} off by ${Math.round(ms)} ms`] : [],
    ),
  ];
}

function sitesOf(cluster: Cluster, { load, copies }: Conditions): string[] {
  const [ordinary] = normal({ sites: cluster.sites.slice(0, 1) }).copies[0]!;
  return cluster.sites.flatMap(({ site, rate, zones }, index) => {
    const times = load[index] === 1 ? [] : [`${site} (${short(rate)}/s) load ×${short(load[index]!)}`];
    const ailing = copies[index]!.flatMap((copy, zone) => {
      const different = Object.entries(copy).filter(([key, value]) => value !== ordinary![key as keyof typeof copy]);
      if (different.length === 0) return [];
      const role = zones[0] === zone ? 'live' : zones[1] === zone ? 'standby' : 'spare';
      return [
        `${site}@${ZONES[zone]} (${role}, ${short(rate)}/s) ${different.map(([key, value]) => `${key} ${typeof value === 'number' ? short(value) : value}`).join(' ')}`,
      ];
    });
    return [...times, ...ailing];
  });
}

const percent = (share: number) => `${short(share * 100)} %`;
const short = (value: number) => String(Number(value.toPrecision(3)));
