// Reads one JSON request per line and answers with one JSON line:
//   {"yaml": text}    -> what `yaml` and `js-yaml` make of it
//   {"regexp": text}  -> whether new RegExp(text) throws
const { createRequire } = require("node:module");
const { createInterface } = require("node:readline");
const load = createRequire(process.argv.at(-1) + "/");
const yaml = load("yaml");
const jsYaml = load("js-yaml");

function attempt(read) {
  try {
    return { value: read() };
  } catch (error) {
    return { error: String(error.message || error) };
  }
}

function answer(request) {
  if ("regexp" in request) {
    return attempt(() => new RegExp(request.regexp) && null);
  }
  return {
    yaml: attempt(() => yaml.parse(request.yaml, { maxAliasCount: -1 })),
    js_yaml: attempt(() => jsYaml.load(request.yaml)),
  };
}

createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", (line) => {
  process.stdout.write(JSON.stringify(answer(JSON.parse(line))) + "\n");
});
