/** How well colours can be told apart, as https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio has it: from 1 to 21. Colours are `#rrggbb`. */
export function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** The colour, mixed with as much white as it needs to be told from a dark background. */
export function lightened(color: string, background: string, leastContrast: number): string {
  for (let white = 0; white < 1; white += 0.05) {
    const mixed = `#${channels(color).map(channel => Math.round(channel + (255 - channel) * white).toString(16).padStart(2, '0')).join('')}`;
    if (contrast(mixed, background) >= leastContrast) {
      return mixed;
    }
  }
  return '#ffffff';
}

function luminance(color: string): number {
  const [red, green, blue] = channels(color).map(channel => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function channels(color: string): number[] {
  return [1, 3, 5].map(start => parseInt(color.slice(start, start + 2), 16));
}
