/** What the site knows of the cloud that it was published from. */
export interface Config {
  readonly apiUrl: string;
  readonly userPoolId: string;
  readonly userPoolClientId: string;
  /** Only where Cognito is not at its usual address. */
  readonly userPoolEndpoint?: string;
}

/** Where the API and the users are, is known only once they are deployed: the deployment writes it into config.json. */
export function readConfig(): Promise<Config> {
  return fetchJson('config.json');
}

export async function fetchJson<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}
