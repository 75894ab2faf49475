/** The value of an environment variable that the construct sets; a missing one is a defect of the deployment. */
export function requireEnv(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`the environment variable ${name} is not set`);
  }
  return value;
}

/** Whether links of this pipeline are in the ledger, where they can be revoked and deleted. */
export function hasRevocableLinks(): boolean {
  return process.env.REVOCABLE_LINKS === 'true';
}

/** The groups whose members may see the reports of this pipeline. */
export function readerGroupsFromEnvironment(): string[] {
  return JSON.parse(process.env.READER_GROUPS ?? '[]');
}
