import { awscdk, javascript } from 'projen';

/**
 * Who publishes, and under which names. A fork changes these lines and nothing else.
 */
const publishing = {
  /** 0.0.0 is what nobody has published yet. */
  version: '0.0.0',
  author: 'ScheduledReportPipeline contributors',
  email: 'scheduled-report-pipeline@users.noreply.github.com',
  repository: 'https://github.com/scheduled-report-pipeline/cdk-scheduled-report-pipeline.git',
  npm: 'cdk-scheduled-report-pipeline',
  python: { distName: 'cdk-scheduled-report-pipeline', module: 'cdk_scheduled_report_pipeline' },
  maven: {
    javaPackage: 'io.github.scheduledreportpipeline.cdk',
    mavenGroupId: 'io.github.scheduled-report-pipeline',
    mavenArtifactId: 'cdk-scheduled-report-pipeline',
  },
  go: { moduleName: 'github.com/scheduled-report-pipeline/cdk-scheduled-report-pipeline-go', packageName: 'scheduledreportpipeline' },
};

/** What runs in browsers has types of its own, and is bundled into `dist`. */
const WEBSITE = 'examples/cafe-inventory/website';

/** The handlers carry the SDK that they were tested with; tree shaking needs the ES modules of the SDK. */
const bundling: javascript.BundlingOptions & Partial<javascript.AddBundleOptions> = {
  externals: [],
  minify: true,
  mainFields: ['module', 'main'],
  esbuildArgs: { '--alias:@aws-sdk/credential-provider-node': './src/handlers/function-credentials.ts' },
};

const project = new awscdk.AwsCdkConstructLibrary({
  name: publishing.npm,
  description: 'AWS CDK construct for scheduled and requested reports: look up, render, link, deliver, and prove it',
  author: publishing.author,
  authorAddress: publishing.email,
  authorOrganization: true,
  repositoryUrl: publishing.repository,
  keywords: ['aws', 'aws-cdk', 'awscdk', 'report', 'schedule', 'step-functions', 'presigned-url'],
  license: 'Apache-2.0',
  copyrightOwner: publishing.author,
  stability: 'experimental',
  defaultReleaseBranch: 'main',

  packageManager: javascript.NodePackageManager.NPM,
  projenrcTs: true,
  tsconfigDevFile: 'tsconfig.dev.json',
  minNodeVersion: '20.16.0',
  jsiiVersion: '~6.0.0',
  typescriptVersion: '~6.0.0',
  // The floor on which cdk-nag 3, integ-runner and the Java version ranges agree.
  cdkVersion: '2.257.0',
  constructsVersion: '10.5.1',
  github: false,
  release: false,
  depsUpgrade: false,
  sampleCode: false,

  publishToPypi: publishing.python,
  publishToMaven: publishing.maven,
  publishToGo: publishing.go,

  lambdaOptions: {
    // Deployed on Node.js 24; the syntax stays at Node.js 20, so that the bundles also run on a local emulator.
    runtime: new awscdk.LambdaRuntime('nodejs24.x', 'node20'),
    awsSdkConnectionReuse: false,
    bundlingOptions: bundling,
  },

  devDeps: [
    // handlers
    '@aws-sdk/client-dynamodb',
    '@aws-sdk/client-lambda',
    '@aws-sdk/client-s3',
    '@aws-sdk/client-scheduler',
    '@aws-sdk/client-sfn',
    '@aws-sdk/client-sns',
    '@aws-sdk/client-sts',
    '@aws-sdk/credential-provider-env',
    '@aws-sdk/lib-dynamodb',
    '@aws-sdk/lib-storage',
    '@aws-sdk/s3-request-presigner',
    '@types/aws-lambda',
    'ajv@^8',
    'ajv-formats@^3',
    '@types/luxon',
    '@types/papaparse',
    'content-disposition',
    'entities@^7', // 8 has ES modules only
    'fflate',
    'json-schema-to-ts',
    'luxon',
    'papaparse',
    // tests
    '@aws-cdk/integ-runner@2.197.10', // reads the cloud assemblies of the floor
    '@aws-cdk/integ-tests-alpha@2.245.0-alpha.0',
    '@cdklabs/cdk-validator-cfnguard@0.0.62',
    '@cloud-copilot/iam-simulate@0.1.173',
    '@cyclonedx/cyclonedx-esbuild',
    '@swc/core@1.16.18',
    '@swc/jest',
    '@aws-sdk/client-cloudwatch',
    '@aws-sdk/client-cloudwatch-logs',
    'asl-validator',
    'aws-sdk-client-mock',
    'cdk-nag@^3',
    'jsii-reflect',
    'jsii-rosetta',
    'jsonata@^2',
    'fast-check@^4',
    '@sinonjs/fake-timers',
    '@types/sinonjs__fake-timers',
    'parse5@^7', // 8 has ES modules only
    'tsx',
    'yaml',
    // the café example, and its local run
    '@aws-amplify/auth',
    '@aws-amplify/core',
    '@aws-sdk/client-cloudformation',
    '@aws-sdk/client-cognito-identity-provider',
    '@aws-sdk/client-rds-data',
    '@aws-sdk/client-sqs',
    '@aws-sdk/rds-signer',
    'aws-cdk@2.1148.1',
    'axe-core',
    'mysql2',
    'node-sqlite3-wasm',
    'playwright-core',
  ],
  typecheckTests: true,
  eslintOptions: { dirs: ['src'], devdirs: ['test', 'examples', 'scripts', 'benchmarks'] },
  // Examples and tests import the library by its name, as its users do.
  tsconfigDev: { exclude: [WEBSITE], compilerOptions: { paths: { [publishing.npm]: ['./src/index.ts'] } } },
  jestOptions: {
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    jestConfig: { collectCoverage: false, testTimeout: 120_000, maxWorkers: '100%', moduleNameMapper: { [`^${publishing.npm}$`]: '<rootDir>/src/index.ts' } },
  },
});

project.package.addVersion(publishing.version);

// jest 30 depends on unrs-resolver; 1.13.0 names native bindings that are not published for every platform, which `npm ci` rejects.
project.package.addPackageResolutions('unrs-resolver@1.12.2');

// jsii compiles the handlers too, but only their bundles in assets/ are shipped.
for (const path of [
  '/lib/handlers/**', '!/lib/handlers/*-function.*', '/api/', '/benchmarks/', '/examples/', '/rosetta/', '/scripts/', '/docs/*', '!/docs/openapi.yaml', '/cdk.out/', '/.*/',
  '/CHANGELOG.md', '/CODE_OF_CONDUCT.md', '/CONTRIBUTING.md', '/SECURITY.md',
]) {
  project.addPackageIgnore(path);
}
for (const path of [
  '.jsii.tabl.json', 'cdk.out/', '/.m2/', '/.cafe/', '/.compat/', '/.consumers/', '/.docs/', '/.reviewers/', '/.fuzz/', '/.formats/', '/benchmarks/peers/.build/', '__pycache__/', '.venv/',
  'target/', `/${WEBSITE}/dist/`,
]) {
  project.gitignore.exclude(path);
}
// Templates are compared; what is bundled beside them is megabytes, and made anew: see scripts/integ.ts.
for (const name of ['asset.*', 'tree.json', 'cdk-integ.out*']) {
  project.gitignore.exclude(`/test/integ/**/${name}`);
}

// swc instead of ts-jest: jsii checks the types of src, `typecheckTests` those of the tests.
project.jest!.config.transform = {
  '^.+\\.tsx?$': ['@swc/jest', {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
  }],
};
project.testTask.env('CDK_VALIDATION', 'false'); // newer aws-cdk-lib validates at each synth: over a second per process

// One project for all that is checked; examples and tests import the library by its name.
project.eslint!.config.parserOptions = { ecmaVersion: 2018, sourceType: 'module', project: ['./tsconfig.dev.json', `./${WEBSITE}/tsconfig.json`] };
project.eslint!.config.settings['import/resolver'].typescript.project = './tsconfig.dev.json';

// The handlers' dependencies are development dependencies: esbuild puts them into the bundles.
project.eslint?.allowDevDeps('src/handlers/**');
project.eslint?.allowDevDeps('examples/**');
project.eslint?.allowDevDeps('scripts/**');
project.eslint?.allowDevDeps('benchmarks/**');

// The café's website is bundled with the handlers: whoever needs the ones needs the other.
const website = project.addTask('bundle:website', { description: 'Bundle the website of the café example' });
website.exec(
  'esbuild *.html *.css *.svg *.txt menu.ts reports.ts --outdir=dist --loader:.html=copy --loader:.svg=copy --loader:.txt=copy --log-level=warning '
  + '--bundle --minify --format=esm --target=es2022',
  { cwd: WEBSITE },
);
project.bundler.bundleTask.spawn(website);

// The validator of parameters is bundled on its own, too: what runs at synth has no dependencies but its peers.
project.bundler.addBundle('src/handlers/json-schema.ts', { ...bundling, platform: 'node', target: 'node20' });

// What is generated from the source is committed, so that it can be read without a build, which refuses it when it was stale.
const tsx = 'tsx --tsconfig tsconfig.dev.json';
project.bundler.bundleTask.prependExec(`${tsx} scripts/validators.ts`, { name: 'Compile the schemas of the data contract' });
project.annotateGenerated('/src/handlers/validators.generated.ts');
const notices = ['THIRD-PARTY-NOTICES', `${WEBSITE}/third-party-notices.txt`];
project.postCompileTask.exec(`${tsx} scripts/contract-schema.ts`, { name: 'Publish the data contract as JSON Schema' });
project.postCompileTask.exec(`${tsx} scripts/third-party-notices.ts`, { name: 'List the packages in the bundles, with their licences' });
project.postCompileTask.exec('jsii-rosetta extract --strict', { name: 'Compile the examples of README and API, and translate them' });
for (const path of notices) {
  project.annotateGenerated(`/${path}`);
}
project.postCompileTask.exec(`git diff --exit-code -- API.md docs/data-contract.schema.json src/handlers/validators.generated.ts ${notices.join(' ')}`, { name: 'Refuse documents that were stale: they are written anew, look at the difference and add it' });

// projen asks npx, which takes a second, for each of the tasks that a task is made of.
project.tasks.addEnvironment('PATH', '$(echo "$PWD/node_modules/.bin:$PATH")');

// `npm run package` makes the artefacts of all languages, on any machine. That of Go is generated and not compiled, because the module
// proxy does not serve all that it requires. Maven keeps in .m2 what it has downloaded.
project.packageTask.reset('rm -rf dist');
project.packageTask.spawn(project.tasks.tryFind('package-all')!);
project.tasks.tryFind('package:java')!.reset('jsii-pacmak -v --target java --maven-local-repository .m2');
project.tasks.tryFind('package:go')!.reset('jsii-pacmak -v --target go --code-only');
const all = project.tasks.tryFind('package-all')!;
all.reset('jsii-pacmak -v --target js --target java --target python --maven-local-repository .m2', { name: 'All that are built, side by side' });
all.spawn(project.tasks.tryFind('package:go')!);

// projen's `compat` compares with the package on npm, and passes while there is none; scripts/public-api.ts compares with what is committed.
project.removeTask('compat');

// `npm test [stage...]` runs everything that there is to check; projen's own task is one of its stages.
project.setScript('test', `${tsx} scripts/test.ts`);
project.setScript('package', `projen pre-compile && projen compile && projen package && ${tsx} scripts/sbom.ts && ${tsx} scripts/artefacts.ts`);
project.setScript('sbom', `${tsx} scripts/sbom.ts`);
project.setScript('advisories', `${tsx} scripts/advisories.ts`);
project.setScript('reproducible', `projen bundle && ${tsx} scripts/reproducible.ts`);
project.setScript('consumers', `npm run package && ${tsx} scripts/consumers.ts`);
project.setScript('compat', `projen bundle && ${tsx} scripts/compat.ts`);
project.setScript('integ', `projen bundle && ${tsx} scripts/integ.ts`);
project.setScript('released-api', `${tsx} scripts/public-api.ts --released`);
project.setScript('release:verify', `${tsx} scripts/release.ts`);
project.setScript('schedules', `${tsx} scripts/schedules.ts`);
project.setScript('oracle', `${tsx} test/workflow/oracle/oracle.ts`);
project.setScript('faults', `projen bundle && ${tsx} test/faults/faults.ts`);
project.setScript('receipt', `projen bundle && ${tsx} test/permissions/receipt.ts`);
project.setScript('reviewers', `projen bundle && ${tsx} test/reviewers/reviewers.ts`);
project.setScript('fuzz', `projen bundle && ${tsx} test/fuzz/fuzz.ts`);
project.setScript('cafe', `${tsx} examples/cafe-inventory/local/cafe.ts`);
project.setScript('bench', `projen bundle && ${tsx} benchmarks/run.ts`);
project.setScript('screenshots', 'npm run cafe -- --screenshots');

project.synth();
