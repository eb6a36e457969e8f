import { expect, test } from '@jest/globals';
import { Closers } from './closers.ts';

test('closes in reverse order, all of them, and then tells of the first failure', async () => {
  const closed: string[] = [];
  const closers = new Closers();
  closers.add({ close: async () => void closed.push('store') });
  closers.add({ close: () => Promise.reject(new Error('index: no space left')) });
  closers.add({ close: () => void closed.push('server') });
  await expect(closers.close()).rejects.toThrow('no space left');
  expect(closed).toEqual(['server', 'store']);
  await closers.close();
  expect(closed).toHaveLength(2);
});
