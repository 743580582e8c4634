import { expect, it } from 'vitest';
import { createSingleFlight } from '../../../functions/lib/single-flight.ts';

it('begins what is under way once, gives its end to all, and begins it anew after that', async () => {
  const flights = createSingleFlight<number>();
  let begun = 0;
  let land: (value: number) => void = () => expect.fail('nothing is under way');
  const work = () => {
    begun++;
    return new Promise<number>((resolve) => {
      land = resolve;
    });
  };
  const [first, second] = [flights.run('a', work), flights.run('a', work)];
  expect(begun).toBe(1);
  land(7);
  expect(await Promise.all([first, second])).toEqual([7, 7]);
  const third = flights.run('a', work);
  land(8);
  expect([await third, begun]).toEqual([8, 2]);
});

it('keeps keys apart, and lets a failure be tried again', async () => {
  const flights = createSingleFlight<string>();
  await expect(flights.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await Promise.all([flights.run('a', async () => 'a'), flights.run('b', async () => 'b')])).toEqual(['a', 'b']);
});
