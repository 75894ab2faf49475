/** Does one step, and says in one line what it was, what came of it, and how long it took. */
export async function step<T>(title: string, work: () => Promise<T> | T, outcome: (result: T) => string = () => ''): Promise<T> {
  const started = performance.now();
  try {
    const result = await work();
    console.log(`✓ ${[title, outcome(result)].filter(Boolean).join(': ')} (${seconds(performance.now() - started)})`);
    return result;
  } catch (error) {
    console.log(`✗ ${title}`);
    throw error;
  }
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
