// Runs the bundled render handler in a process that is not allowed more memory, and prints what it returned and the memory it took.
const [bundle, event] = process.argv.slice(2);

require(bundle).handler(JSON.parse(event)).then(result => {
  console.log(JSON.stringify({ result, peakMegabytes: process.resourceUsage().maxRSS / 1024 }));
});
