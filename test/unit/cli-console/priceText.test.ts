import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PRICES_MAX_BYTES, priceText } from '../../../firmware/processes/priceText';

describe('the price file on disk', () => {
  it('is read only where it is a file of a size that prices have', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'hf-prices-'));
    try {
      const file = path.join(folder, 'prices.csv');
      writeFileSync(file, '2027-01-31T13:00Z,58.2');
      assert.match(priceText(file), /58/);
      truncateSync(file, PRICES_MAX_BYTES + 1);
      assert.throws(() => priceText(file), /are read at most/);
      assert.throws(() => priceText('/dev/zero'), /no regular file/);
      assert.throws(() => priceText(folder), /no regular file/);
      assert.throws(() => priceText(path.join(folder, 'none')), /ENOENT/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
