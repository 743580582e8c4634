import { expect, it } from 'vitest';
import { readBoundedText } from '../../../functions/lib/bounded-text.ts';

function streamOf(chunks: readonly Uint8Array[]) {
  let isCancelled = false;
  let left = [...chunks];
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const [next, ...rest] = left;
      left = rest;
      if (next === undefined) controller.close();
      else controller.enqueue(next);
    },
    cancel() {
      isCancelled = true;
    },
  });
  return { stream, isCancelled: () => isCancelled };
}

const bytes = (text: string) => new TextEncoder().encode(text);

it('reads a text whole, also where a character comes in two chunks', async () => {
  const [head, tail] = [bytes('grö').slice(0, 3), bytes('grö').slice(3)];
  expect(await readBoundedText(streamOf([head, tail]).stream, 4)).toEqual({ text: 'grö', isWhole: true });
  expect(await readBoundedText(null, 4)).toEqual({ text: '', isWhole: true });
});

it('gives what came within the limit, and gives up the rest', async () => {
  const { stream, isCancelled } = streamOf([bytes('abc'), bytes('defg'), bytes('never read')]);
  expect(await readBoundedText(stream, 5)).toEqual({ text: 'abcde', isWhole: false });
  expect(isCancelled()).toBe(true);
});

it('refuses what is not UTF-8 only where that is asked for', async () => {
  const wrong = () => streamOf([Uint8Array.of(0xff, 0x61)]).stream;
  expect((await readBoundedText(wrong(), 9)).text).toBe('\ufffda');
  await expect(readBoundedText(wrong(), 9, 'as-it-came')).rejects.toThrow(TypeError);
  await expect(readBoundedText(streamOf([bytes('ö').slice(0, 1)]).stream, 9, 'as-it-came')).rejects.toThrow(TypeError);
});
