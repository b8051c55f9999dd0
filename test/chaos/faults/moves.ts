/** No fault, but what meets them: a planned move that somebody asks for just now. It is legal to refuse it or to call it off. */

import { accessTo } from '../../../src/cli/access.ts';
import { tellControllers } from '../../../src/cli/tell-controllers.ts';
import { type FaultKind, nothing, type Stage, zoneOfRole } from './types.ts';

export const MOVES = {
  move: {
    size: 'part',
    weight: 6,
    async inject(stage, { who, amount }) {
      const to = zoneOfRole(stage, who === 'live' ? 'standby' : who);
      if (to === null) return null;
      const body = { to, why: 'a chaos run', drainMs: Math.round(1_000 + 9_000 * amount) };
      const said = await ask(stage, body);
      return { to: `the site to ${to}`, detail: said, mend: nothing };
    },
  },
} satisfies Record<string, FaultKind>;

async function ask({ instance, site }: Stage, body: object): Promise<string> {
  try {
    await tellControllers(accessTo(instance, 'chaos'), `/sites/${site}/move`, body);
    return 'asked for';
  } catch (error) {
    return `refused: ${(error as Error).message.split('\n')[0]}`;
  }
}
