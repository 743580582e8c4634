// What the machine asked for, as a text that a source keeps with its question to others and gives back with the answer: whichever life is there then
// knows which capture it ends. It is read as what the store gives: with care.
import { z } from 'zod';
import type { CaptureEffect } from '../../decision/machine/effect.ts';

const shape: z.ZodType<CaptureEffect> = z.object({
  kind: z.literal('capture'),
  final: z.boolean(),
  activation: z.int().min(0),
  from: z.array(z.object({ source: z.string(), places: z.array(z.string()) })),
  askedAt: z.number(),
  healthy: z.boolean(),
});

export function ticketOf(effect: CaptureEffect): string {
  const { kind, final, activation, from, askedAt, healthy } = effect;
  return JSON.stringify({ kind, final, activation, from, askedAt, healthy });
}

/** undefined: it is none that this version can read. */
export function effectOf(ticket: string): CaptureEffect | undefined {
  try {
    return shape.safeParse(JSON.parse(ticket)).data;
  } catch {
    return undefined;
  }
}
