/**
 * Looks at what `npm run package` made: how large it is, and that every language's artefact holds the npm package, which has the
 * handlers' code and nothing of this repository's tree beside what it should.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MEGABYTE = 1_000_000;
const LARGEST_NPM_PACKAGE = 3 * MEGABYTE;

const WHY_GO_IS_NOT_COMPILED = `# Not compiled

This Go module is generated, and nobody has compiled it. It requires the versions of the CDK's modules that the library was built
with. In November 2026 the public Go module proxy did not serve \`awscdkcloudassemblyschema/v53\` 53.28.0 and \`nodeproxyagentv6/v2\`
2.1.3, and the checksum database did not know \`awscdk/v2\` 2.257.0. Built with 2.263.0, it lacked \`awscdkcloudassemblyschema/v54\`
54.15.0.
`;

/** Prints the hash of the npm package in an archive: zip, as wheels and jars are, or tar. */
const HASH_OF_EMBEDDED_PACKAGE = `
import hashlib, sys, tarfile, zipfile
if zipfile.is_zipfile(sys.argv[1]):
    archive = zipfile.ZipFile(sys.argv[1]); names = archive.namelist(); read = archive.read
else:
    archive = tarfile.open(sys.argv[1]); names = archive.getnames(); read = lambda name: archive.extractfile(name).read()
print(hashlib.sha256(read(next(name for name in names if name.endswith(".tgz")))).hexdigest())
`;

const artefacts = (readdirSync('dist', { recursive: true }) as string[]).sort().map(file => join('dist', file));
const ending = (end: string) => artefacts.find(file => file.endsWith(end)) ?? `dist/**/*${end}, which there is not`;

const npmPackage = ending('.jsii.tgz');
const javadoc = ending('-javadoc.jar');
const languages = {
  'Python wheel': ending('.whl'),
  'Python sdist': ending('.tar.gz'),
  'Java jar': artefacts.find(file => /(?<!-sources|-javadoc)\.jar$/.test(file)) ?? ending('.jar'),
  'Java sources': ending('-sources.jar'),
};
const goPackage = artefacts.find(file => file.startsWith(join('dist', 'go')) && file.endsWith('.tgz')) ?? ending('.tgz');

const megabytes = (file: string) => `${(statSync(file).size / MEGABYTE).toFixed(2)} MB`;
const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
const lines = (text: string) => text.trim().split('\n');

function check(what: string, problem: string | false): void {
  console.log(problem ? `✗ ${what}: ${problem}` : `✓ ${what}`);
  if (problem) process.exitCode = 1;
}

check(`npm package: ${megabytes(npmPackage)}, of at most ${LARGEST_NPM_PACKAGE / MEGABYTE} MB`, statSync(npmPackage).size > LARGEST_NPM_PACKAGE && 'it is larger');

const packed = lines(execFileSync('tar', ['-tzf', npmPackage], { encoding: 'utf8' })).map(name => name.replace('package/', ''));
const handlers = readdirSync('assets/handlers').map(name => `assets/handlers/${name}/index.js`);
const missing = handlers.filter(file => !packed.includes(file));
check(`npm package: the code of ${handlers.length} handlers`, missing.length > 0 && `without ${missing.join(', ')}`);
check('npm package: the licences of what these contain', !packed.includes('THIRD-PARTY-NOTICES') && 'without THIRD-PARTY-NOTICES');
const strange = packed.filter(file => !/^(lib\/.*\.(js|d\.ts)|assets\/handlers\/.*|\.jsii(\.tabl\.json)?|package\.json|README\.md|API\.md|docs\/openapi\.yaml|LICENSE|THIRD-PARTY-NOTICES)$/.test(file));
check('npm package: compiled code, assets and documents, and no other files', strange.length > 0 && `also ${strange.join(', ')}`);

for (const [name, file] of Object.entries(languages)) {
  const [embedded] = lines(execFileSync('python3', ['-c', HASH_OF_EMBEDDED_PACKAGE, file], { encoding: 'utf8' }));
  check(`${name}: ${megabytes(file)}, with this npm package in it`, embedded !== sha256(npmPackage) && 'with another npm package in it');
}
check(`Java javadoc: ${megabytes(javadoc)}`, false);

writeFileSync(join('dist', 'go', 'NOT-COMPILED.md'), WHY_GO_IS_NOT_COMPILED);
check(`Go: generated, not compiled, with this npm package in it (${megabytes(goPackage)})`, sha256(goPackage) !== sha256(npmPackage) && 'with another npm package in it');
