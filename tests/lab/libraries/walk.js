// Writes a document with every builder method and attribute of Twilio's Node library.
//
//     walk.js FOLDER
//
// The methods are those of the prototypes of VoiceResponse and of what they return;
// which attributes each takes, and of what type, is read from the library's TypeScript
// declarations. Writes into FOLDER what walk.py writes. Words of a union come from the
// declaration, other values from values.json.

const fs = require("fs");
const path = require("path");

const library = path.join(process.env.TWILIO_NODE, "node_modules", "twilio");
const VoiceResponse = require(path.join(library, "lib/twiml/VoiceResponse"));
const declared = fs.readFileSync(path.join(library, "lib/twiml/VoiceResponse.d.ts"), "utf8");
const known = JSON.parse(fs.readFileSync(path.join(__dirname, "values.json"), "utf8"));

// A union may have hundreds of words, as the voices have.
const MOST_WORDS = 8;

const unions = new Map();
for (const [, name, words] of declared.matchAll(/type (\w+) = ([^;]+);/g)) {
  unions.set(name, [...words.matchAll(/"([^"]*)"/g)].map((word) => word[1]));
}

// Interfaces of one name stand there several times, and are one.
const interfaces = new Map();
for (const [, name, body] of declared.matchAll(/interface (\w+) \{([\s\S]*?)\n    \}/g)) {
  const attributes = interfaces.get(name) ?? new Map();
  for (const [, attribute, type] of body.matchAll(/^ {8}"?'?([\w:-]+)"?'?\?: ([^;]+);/gm)) {
    attributes.set(attribute, type);
  }
  interfaces.set(name, attributes);
}

// Of each class: its methods, with their attributes and the name of their text.
const classes = new Map();
for (const [, name, body] of declared.matchAll(/class (\w+) extends TwiML \{([\s\S]*?)\n {0,4}\}/g)) {
  const methods = classes.get(name) ?? new Map();
  for (const [, method, list, made] of body.matchAll(/^ +(\w+)\(([^)]*)\): VoiceResponse\.(\w+);/gm)) {
    const about = methods.get(method) ?? { made, attributes: new Map(), text: null, takes: false };
    for (const [, parameter, type] of list.matchAll(/(\w+)\??: ([\w.]+)/g)) {
      if (parameter === "attributes") {
        about.takes = true;
        const given = interfaces.get(type.replace("VoiceResponse.", ""));
        if (given) about.attributes = given;
      } else {
        about.text = parameter;
      }
    }
    methods.set(method, about);
  }
  classes.set(name, methods);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

const element = (method) => method[0].toUpperCase() + method.slice(1);

function some(words) {
  const step = Math.max(1, Math.ceil(words.length / MOST_WORDS));
  return words.filter((_, n) => n % step === 0);
}

function values(method, attribute, type = "string") {
  const list = type.endsWith("[]");
  const words = unions.get(type.replace("[]", "").trim());
  if (words && list) return [words, [words[0]]];
  if (words) return some(words);
  if (type === "boolean") return [true, false];
  const family = attribute.endsWith("Method") ? "method" : attribute;
  for (const name of [`${element(method)}.${attribute}`, attribute, family]) {
    if (known[name]) return known[name];
  }
  return fail(`values.json has nothing for ${attribute} (${element(method)}, ${type})`);
}

function everything(method, about) {
  const all = {};
  for (const [attribute, type] of about.attributes) all[attribute] = values(method, attribute, type)[0];
  return all;
}

function call(at, method, about, attributes, withText = true) {
  const given = about.takes ? [attributes] : [];
  if (about.text && withText) given.push(values(method, about.text)[0]);
  return at[method](...given);
}

// Adds the last element of the path, each in the one before it.
function add(response, steps, attributes) {
  let at = response;
  for (const [method, about] of steps.slice(0, -1)) {
    // The text of a Dial is a number, and would stand beside its nouns.
    at = call(at, method, about, {}, method !== "dial");
  }
  const [method, about] = steps.at(-1);
  return call(at, method, about, attributes);
}

const folder = process.argv[2];
fs.mkdirSync(folder, { recursive: true });
function write(name, steps, attributes) {
  const response = new VoiceResponse();
  add(response, steps, attributes);
  fs.writeFileSync(path.join(folder, `${name}.xml`), response.toString());
}

const whole = new VoiceResponse();
const seen = new Set(["VoiceResponse"]);
const open = [[[], VoiceResponse, "VoiceResponse"]];
const builds = (name) => name !== "constructor" && !name.startsWith("comment");
let methods = 0;
while (open.length) {
  const [steps, made, className] = open.shift();
  const typed = classes.get(className) ?? fail(`no declaration of ${className}`);
  const names = Object.getOwnPropertyNames(made.prototype).filter(builds).sort();
  for (const method of names) {
    const about = typed.get(method) ?? fail(`no declaration of ${className}.${method}`);
    const here = [...steps, [method, about]];
    const name = here.map(([method]) => method).join(".");
    methods += 1;
    const result = add(whole, here, everything(method, about));
    write(name, here, everything(method, about));
    for (const [attribute, type] of about.attributes) {
      values(method, attribute, type).forEach((value, n) =>
        write(`${name}-${attribute.replace(":", "_")}-${n}`, here, { [attribute]: value }),
      );
    }
    if (!seen.has(about.made)) {
      seen.add(about.made);
      open.push([here, result.constructor, about.made]);
    }
  }
}
whole.comment("every method, every attribute");
fs.writeFileSync(path.join(folder, "everything.xml"), whole.toString());
for (const name of classes.keys()) if (!seen.has(name)) fail(`not reached: ${name}`);
console.log(`${methods} methods`);
