/** Zones: their health, taking every site out of one, and giving it back. */
import { z } from 'zod';
import { HoldfastError } from '../../errors.ts';
import { evacuate, giveBack, tellEvacuate, tellGiveBack } from '../acts/zone.ts';
import { type ApiParts, PRACTICE_VERBS, type PracticeVerb } from '../parts.ts';
import { route } from '../route.ts';
import { ADMINS, OPERATORS, READERS } from '../rules.ts';
import { sentenceSchema, why, zoneParams } from '../schemas/common.ts';
import { zoneAnswerSchema } from '../schemas/preview.ts';
import { zoneSchema } from '../schemas/status.ts';

const target = ({ zone }: { zone: string }) => zone;
const body = z.strictObject({ why: why.default('') });

const PRACTISED: Record<PracticeVerb, string> = { kill: 'kills', freeze: 'freezes', cut: 'cuts off', heal: 'heals' };

/** @throws HoldfastError `zone-unknown` */
function known(parts: ApiParts, zone: string): string {
  if (!parts.zones().some((one) => one.zone === zone)) throw new HoldfastError('zone-unknown', { zone });
  return zone;
}

export const zoneRoutes = [
  route({
    method: 'GET',
    path: '/zones',
    name: 'listZones',
    summary: 'Every zone with its health, as the asked controller sees it.',
    allow: READERS,
    answer: z.object({
      controller: z.string().describe('The zone of the controller that answers.'),
      at: z.number().describe('By its clock.'),
      storeFresh: z.boolean().describe('False: the store has not answered lately, and placements may be old.'),
      zones: z.array(zoneSchema),
    }),
    handle: ({ principal }, parts) => ({
      controller: parts.zone,
      at: parts.clock.wall(),
      storeFresh: parts.state.fresh,
      zones: parts.zones().map((zone) => (principal!.role === 'owner' ? { ...zone, agent: null } : zone)),
    }),
  }),
  route({
    method: 'GET',
    path: '/zones/{zone}/evacuate/preview',
    name: 'previewEvacuate',
    summary: 'Where the sites of a zone would go, and which could not.',
    allow: OPERATORS,
    params: zoneParams,
    answer: zoneAnswerSchema,
    errors: ['zone-unknown', 'controller-behind'],
    handle: ({ params, by }, parts) => tellEvacuate(parts, { zone: known(parts, params.zone), by, why: '' }),
  }),
  route({
    method: 'POST',
    path: '/zones/{zone}/evacuate',
    name: 'evacuateZone',
    summary: 'Moves every site out of a zone, and keeps it empty until it is given back.',
    allow: OPERATORS,
    audit: { verb: 'evacuate', target },
    params: zoneParams,
    body,
    answer: zoneAnswerSchema,
    errors: ['zone-unknown'],
    handle: ({ params: { zone }, body: given, by }, parts) => evacuate(parts, { zone, by, why: given.why }),
  }),
  route({
    method: 'GET',
    path: '/zones/{zone}/return/preview',
    name: 'previewReturn',
    summary: 'Which sites would go home if the zone were given back.',
    allow: OPERATORS,
    params: zoneParams,
    answer: zoneAnswerSchema,
    errors: ['zone-unknown', 'controller-behind'],
    handle: ({ params, by }, parts) => tellGiveBack(parts, { zone: known(parts, params.zone), by, why: '' }),
  }),
  route({
    method: 'POST',
    path: '/zones/{zone}/return',
    name: 'returnZone',
    summary: 'Gives an evacuated zone back, and moves home what was taken out of it.',
    allow: OPERATORS,
    audit: { verb: 'return', target },
    params: zoneParams,
    body,
    answer: zoneAnswerSchema,
    errors: ['zone-unknown', 'controller-behind'],
    handle: ({ params: { zone }, body: given, by }, parts) => giveBack(parts, { zone, by, why: given.why }),
  }),
  route({
    method: 'POST',
    path: '/zones/{zone}/practice',
    name: 'practiseZone',
    summary:
      'Only on the local platform: kills, freezes, cuts off or heals a zone, half a second later. Elsewhere there is no such route.',
    practice: true,
    allow: ADMINS,
    audit: { verb: 'practise', target },
    params: zoneParams,
    body: z.strictObject({
      verb: z.enum(PRACTICE_VERBS).describe('What happens to it.'),
      confirm: z.string().max(100).default('').describe('The zone’s name; to heal it needs none.'),
      why: why.default(''),
    }),
    answer: sentenceSchema,
    errors: ['zone-unknown', 'confirmation-wrong', 'practice-unavailable'],
    handle: async ({ params, body: { verb, confirm }, by }, parts) => {
      const zone = known(parts, params.zone);
      if (verb !== 'heal' && confirm !== zone) throw new HoldfastError('confirmation-wrong', { wanted: zone });
      await parts.practice!.begin(verb, zone);
      return { sentence: `${by} ${PRACTISED[verb]} zone ${zone}, half a second from now.` };
    },
  }),
];
