// What both clients are asked on the command line and standard input, and how they tell it.
import { readFileSync } from "node:fs";

export async function asked() {
  const [address, token] = process.argv.slice(2);
  return { address, token, ...JSON.parse(readFileSync(0, "utf8")) };
}

// The OperationOutcome of a request that must fail, as the client hands it to its user.
export async function answered(request, outcomeOf) {
  try {
    await request;
  } catch (error) {
    return outcomeOf(error);
  }
  throw new Error("the request was not refused");
}

export function told(answers) {
  process.stdout.write(JSON.stringify(answers));
  process.exit(0);
}
