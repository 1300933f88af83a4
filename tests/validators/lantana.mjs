// FHIR.js of Lantana as a judge: a resource a line on standard input, "ok" or "refused" a line out.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { Fhir } = createRequire(import.meta.url)("fhir");
const fhir = new Fhir();

function verdict(line) {
  try {
    const { messages } = fhir.validate(JSON.parse(line), { errorOnUnexpected: true });
    return messages.some((m) => ["error", "fatal"].includes(m.severity)) ? "refused" : "ok";
  } catch {
    return "refused";
  }
}

for await (const line of createInterface({ input: process.stdin })) console.log(verdict(line));
