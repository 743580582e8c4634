import { createMemoryStore } from '../../../functions/stores/memory.ts';
import { describeStore } from '../../conformance/store.ts';

describeStore({ name: 'memory', open: async () => ({ store: createMemoryStore(), stop: async () => {} }) });
