// What is under way under a key is not begun a second time: whoever asks meanwhile gets what comes of it. No domain words.

export interface SingleFlight<T> {
  run(key: string, work: () => Promise<T>): Promise<T>;
}

export function createSingleFlight<T>(): SingleFlight<T> {
  const underWay = new Map<string, Promise<T>>();
  return {
    run(key, work) {
      const before = underWay.get(key);
      if (before !== undefined) return before;
      const flight = work().finally(() => underWay.delete(key));
      underWay.set(key, flight);
      return flight;
    },
  };
}
