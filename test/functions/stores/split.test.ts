import { createMemoryStore } from '../../../functions/stores/memory.ts';
import { createSplitStore } from '../../../functions/stores/split.ts';
import { describeStore } from '../../conformance/store.ts';

describeStore({
  name: 'two stores as one',
  open: async () => ({
    store: createSplitStore(createMemoryStore(), createMemoryStore(), (key) => /^(list\/a|text\/|race)/.test(key)),
    stop: async () => {},
  }),
});
