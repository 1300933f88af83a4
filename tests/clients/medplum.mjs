// What a user of @medplum/core does: node medplum.mjs ADDRESS TOKEN, messages on standard input.
import { MedplumClient } from "@medplum/core";
import { answered, asked, told } from "./conversation.mjs";

const { address, token, good, bad } = await asked();
const client = new MedplumClient({
  baseUrl: new URL("/", address).href,
  fhirUrlPath: "fhir",
  accessToken: token,
});

function post(message) {
  return client.post(client.fhirUrl("$process-message"), message);
}

told({
  metadata: await client.get(client.fhirUrl("metadata")),
  receipt: await post(good),
  refusal: await answered(post(bad), (error) => error.outcome),
});
