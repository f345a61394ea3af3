// Completion and hover text for YAML from a JSON Schema. Both rely on indentation, because
// unfinished text rarely parses. Flow style ({a: b}) is not supported.
import { insertCompletionText, pickedCompletion, startCompletion } from "@codemirror/autocomplete";

// linePattern matches a line: its indent, the dashes that begin items, and a key, if any.
const linePattern = /^( *)((?:-(?: +|$))*)(?:([\w.$/-]+):(?: .*)?)?$/;

// parseLine parses a line. It returns the columns in which the line and its key begin, whether
// an item begins in it, and its key. It returns undefined for any other line.
function parseLine(text) {
  const parts = linePattern.exec(text.trimEnd());
  if (!parts) return undefined;
  const [, indent, dashes, key] = parts;
  return { indent: indent.length, column: indent.length + dashes.length, items: dashes.length > 0, key };
}

// ancestors yields the ancestors of the key at a column of a line, innermost first: keys, and
// undefined for an item. If the line begins an item, indent is the column of its dash.
function* ancestors(doc, number, column, indent) {
  // Outer keys and dashes begin before these columns.
  let key = column, dash = column;
  const item = (start) => { dash = start; key = start + 1; }; // a list's key may be in the same column as its dashes
  if (indent < column) {
    yield undefined;
    item(indent);
  }
  for (let n = number - 1; n > 0 && key > 0; n--) {
    const line = parseLine(doc.line(n).text);
    if (line?.key !== undefined && line.column < key) {
      yield line.key;
      key = dash = line.column;
    }
    if (line?.items && line.indent < dash) {
      yield undefined;
      item(line.indent);
    }
  }
}

// childSchema returns the schema of a property, or of items if key is undefined.
function childSchema(schema, key) {
  if (!schema) return undefined;
  if (key === undefined) return schema.items;
  const own = Object.hasOwn(schema.properties ?? {}, key) ? schema.properties[key] : undefined;
  return own ?? (typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined);
}

// schemaOf returns the schema of the object that holds the key at a column of a line.
function schemaOf(root, doc, number, column, indent) {
  return [...ancestors(doc, number, column, indent)].reverse().reduce(childSchema, root);
}

const typeOf = (schema) => schema.enum ? "choice" : [schema.type ?? "any"].flat().join(" or ");

// complete returns a completion source (@codemirror/autocomplete). It offers keys, and values if
// the schema lists them, in the schema's order with required keys first.
export function complete(root) {
  return ({ state, pos, explicit }) => {
    const line = state.doc.lineAt(pos);
    const before = line.text.slice(0, pos - line.from);
    const value = /^( *)((?:- +)*)([\w.$/-]+): +([\w./:-]*)$/.exec(before);
    if (value) {
      const [, indent, dashes, name, typed] = value;
      const schema = childSchema(schemaOf(root, state.doc, line.number, indent.length + dashes.length, indent.length), name);
      return valueCompletions(schema, pos - typed.length, explicit || typed !== "" || schema?.enum);
    }
    const key = /^( *)((?:- +)*)([\w.$/-]*)$/.exec(before);
    if (!key) return null;
    const column = key[1].length + key[2].length, from = pos - key[3].length;
    const schema = schemaOf(root, state.doc, line.number, column, key[1].length);
    if (!schema?.properties) return valueCompletions(schema, from, explicit || key[3] !== "");
    if (!explicit && key[3] === "") return null;
    const existingKeys = siblings(state.doc, line.number, column, key[2] !== "");
    const options = Object.entries(schema.properties).filter(([name, one]) => !one.readOnly && !existingKeys.has(name)).map(([name, one], i) => ({
      label: name, type: "property", detail: schema.required?.includes(name) ? `${typeOf(one)}, required` : typeOf(one), info: one.description,
      boost: (schema.required?.includes(name) ? 50 : 0) - Math.min(i, 49), apply: insertAndContinue(`${name}:${textAfterKey(one, column)}`),
    }));
    return options.length ? { from, options, validFor: /^[\w.$/-]*$/ } : null;
  };
}

// insertAndContinue inserts a key and offers what can follow it.
const insertAndContinue = (text) => (view, completion, from, to) => {
  view.dispatch({ ...insertCompletionText(view.state, text, from, to), annotations: pickedCompletion.of(completion) });
  startCompletion(view);
};

// textAfterKey returns the text after a key: a space before its value, or a line for the first
// entry.
function textAfterKey(schema, column) {
  if (schema.type === "object") return `\n${" ".repeat(column + 2)}`;
  if (schema.type === "array") return `\n${" ".repeat(column + 2)}- `;
  return " ";
}

function valueCompletions(schema, from, wanted) {
  const values = schema?.enum ?? schema?.examples ?? (schema?.type === "boolean" ? [true, false] : []);
  if (!wanted || !values.length) return null;
  return { from, options: values.map((one, i) => ({ label: String(one), type: "enum", boost: -Math.min(i, 99) })), validFor: /^[\w./:-]*$/ };
}

// siblings returns the other keys of the object whose key is at a column of a line. No key of a
// list item precedes the line that begins the item.
function siblings(doc, number, column, startsItem) {
  const keys = new Set();
  for (const step of startsItem ? [1] : [-1, 1]) {
    for (let n = number + step; n > 0 && n <= doc.lines; n += step) {
      const line = parseLine(doc.line(n).text);
      if (!line || (line.key === undefined && !line.items)) continue;
      if (line.column < column || (step > 0 && line.items && line.column === column)) break;
      if (line.column === column && line.key !== undefined) keys.add(line.key);
      if (line.column === column && line.items) break;
    }
  }
  return keys;
}

// describe returns the schema's description of the key at a position, or null:
// {from, to, name, type, description}.
export function describe(root, doc, pos) {
  const line = doc.lineAt(pos), parts = parseLine(line.text);
  if (parts?.key === undefined) return null;
  const from = line.from + parts.column, to = from + parts.key.length;
  if (pos < from || pos > to) return null;
  const parent = schemaOf(root, doc, line.number, parts.column, parts.indent);
  const schema = childSchema(parent, parts.key);
  if (!schema) return null;
  const type = (schema.enum ? `one of ${schema.enum.join(", ")}` : typeOf(schema)) + (parent.required?.includes(parts.key) ? ", required" : "");
  return { from, to, name: parts.key, type, description: schema.description ?? "" };
}
