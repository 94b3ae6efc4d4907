// Reads objects, a JSON array, from standard input and prints what is wrong with them, a line each: KIND/NAME: PATH: MESSAGE.
// Each is checked twice. The packages' validators know types, required fields, ranges and patterns, but let unknown fields pass;
// TypeScript, which knows the same types as declarations, finds those.
// Run in a folder that holds the `node_modules` of package.json.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const PACKAGES = {
  "keda.sh": "keda",
  "gateway.networking.k8s.io": "gateway-api",
  "monitoring.coreos.com": "prometheus-operator",
  "external-secrets.io": "external-secrets",
};
const modules = join(process.cwd(), "node_modules");
const require = createRequire(join(modules, "here.js"));

const nameOf = (object) => `${object.kind}/${object.metadata.name}`;

function moduleOf(object) {
  const [group, version] = object.apiVersion.split("/");
  return `@kubernetes-models/${PACKAGES[group]}/${group}/${version}/${object.kind}`;
}

async function faultsOfValues(object) {
  const [, name, ...path] = moduleOf(object).split("/");
  const file = join(modules, "@kubernetes-models", name, `${path.join("/")}.js`);
  const Model = (await import(pathToFileURL(file)))[object.kind];
  try {
    new Model(object).validate();
    return [];
  } catch (error) {
    return (error.errors ?? [error]).map((fault) => `${nameOf(object)}: ${fault.instancePath ?? ""}: ${fault.message}`);
  }
}

function faultsOfFields(objects) {
  const ts = require("typescript");
  const source = objects.map((object, place) =>
    `import type { I${object.kind} as T${place} } from "${moduleOf(object)}";\n` +
    `export const o${place}: T${place} = ${JSON.stringify(object)};\n`);
  const file = join(process.cwd(), "objects.ts");
  const options = {
    noEmit: true, strict: true, skipLibCheck: true, types: [],
    target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.readFile = (name) => (name === file ? source.join("") : readFile(name));
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, source.join(""), ts.ScriptTarget.ESNext) : getSourceFile(name, ...rest);
  const found = ts.getPreEmitDiagnostics(ts.createProgram([file], options, host));
  return found.map((fault) => {
    const line = fault.file?.getLineAndCharacterOfPosition(fault.start ?? 0).line ?? 0;
    const object = objects[Math.floor(line / 2)];
    return `${object ? nameOf(object) : "?"}: ${ts.flattenDiagnosticMessageText(fault.messageText, " ")}`;
  });
}

const objects = JSON.parse(readFileSync(0, "utf8"));
const faults = [];
for (const object of objects) {
  faults.push(...await faultsOfValues(object));
}
faults.push(...faultsOfFields(objects));
console.log(faults.join("\n"));
