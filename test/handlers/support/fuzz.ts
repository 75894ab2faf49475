/** How many values a property is tried with: `FUZZ=100` tries a hundred times as many. */
export const runs = (usual: number) => ({ numRuns: usual * Number(process.env.FUZZ ?? 1) });
