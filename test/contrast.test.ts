import { contrast, lightened } from '../src/workflow/contrast';

test.each([['#000000', '#ffffff', 21], ['#ffffff', '#ffffff', 1], ['#777777', '#ffffff', 4.48], ['#ff0000', '#ffffff', 4.0], ['#0000ff', '#ffffff', 8.59]])(
  'the contrast of %s and %s is %d to 1, either way', (one, other, ratio) => {
    expect(contrast(one, other)).toBeCloseTo(ratio, 1);
    expect(contrast(other, one)).toBe(contrast(one, other));
  });

test('a colour that can be told already stays, and another gets as much white as it needs', () => {
  expect(lightened('#ffcc00', '#000000', 4.5)).toBe('#ffcc00');
  const lighter = lightened('#00008b', '#191f1d', 4.5);
  expect(contrast(lighter, '#191f1d')).toBeGreaterThanOrEqual(4.5);
  expect(contrast(lighter, '#191f1d')).toBeLessThan(5.5);
});
