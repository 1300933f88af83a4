// What a user of fhir-kit-client does: node fhir_kit.mjs ADDRESS TOKEN, messages on standard input.
import { Client } from "fhir-kit-client";
import { answered, asked, told } from "./conversation.mjs";

const { address, token, good, bad } = await asked();
const client = new Client({ baseUrl: address, bearerToken: token });

function post(message) {
  return client.operation({ name: "process-message", method: "POST", input: message });
}

told({
  metadata: await client.capabilityStatement(),
  receipt: await post(good),
  refusal: await answered(post(bad), (error) => error.response.data),
});
