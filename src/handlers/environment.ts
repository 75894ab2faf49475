/** The value of an environment variable that the construct sets; a missing one is a defect of the deployment. */
export function requireEnv(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`the environment variable ${name} is not set`);
  }
  return value;
}
