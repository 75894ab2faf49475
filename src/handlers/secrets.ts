/**
 * What a function said when it failed, as far as it may be repeated. Where a parameter is a secret, nothing is: functions of users may quote
 * it, in whatever form.
 */
export function repeatable(said: string): string {
  return process.env.WITHHOLD_CAUSES ? 'what was said is not repeated here, because a parameter is a secret; the execution in the console has it' : said;
}
