/** A template without what changes when nothing of the infrastructure does: hashes of assets and of API deployments, and the bootstrap version. */
export function scrubbed(template: { [section: string]: any }): { Resources: { [logicalId: string]: any } } {
  const { Parameters, Rules, ...rest } = template;
  return JSON.parse(JSON.stringify(rest)
    .replace(/[0-9a-f]{64}/g, '<asset>')
    .replace(/(Deployment[0-9A-F]{8})[0-9a-f]{32}/g, '$1'));
}
