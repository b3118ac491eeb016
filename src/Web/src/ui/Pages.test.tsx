import { MantineProvider } from "@mantine/core";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { Client, CombinedError, type Exchange, gql, type OperationResult, Provider, type TypedDocumentNode } from "urql";
import { afterEach, expect, test } from "vitest";
import { delay, filter, map, pipe } from "wonka";
import { startTexts } from "../i18n";
import { Pages } from "./Pages";

interface Answer {
  people: { nodes: string[]; pageInfo: { endCursor: string | null; hasNextPage: boolean } };
}
const query: TypedDocumentNode<Answer, { after?: string | null }> = gql`
  query People($after: String) {
    people
  }
`;

window.IntersectionObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
} as unknown as typeof IntersectionObserver;

/** Whether the server answers. */
let isThere = true;

/** Shows a list that a server has, two a page. */
async function list(people: readonly string[], shows?: (name: string) => boolean) {
  const server: Exchange = () => (operations) =>
    pipe(
      operations,
      filter(({ kind }) => kind === "query"),
      delay(0),
      map((operation): OperationResult => {
        const answer = { operation, stale: false, hasNext: false };
        if (!isThere) return { ...answer, data: undefined, error: new CombinedError({ networkError: new Error("away") }) };
        const from = Number((operation.variables as { after?: string }).after ?? 0);
        const nodes = people.slice(from, from + 2);
        const pageInfo = { endCursor: `${from + 2}`, hasNextPage: from + 2 < people.length };
        return { ...answer, data: { people: { nodes, pageInfo } } };
      }),
    );
  await startTexts("de");
  render(
    <MantineProvider>
      <Provider value={new Client({ url: "/graphql", preferGetMethod: false, exchanges: [server] })}>
        <ul>
          <Pages
            query={query}
            variables={{}}
            pageOf={(data) => data.people}
            row={(name) => <li key={name}>{name}</li>}
            {...(shows && { shows })}
            loading="on its way"
            empty="nobody"
          />
        </ul>
      </Provider>
    </MantineProvider>,
  );
}

afterEach(cleanup);

const names = () => screen.getAllByRole("listitem").map(({ textContent }) => textContent);

test("The pages of a list come one after the other", async () => {
  await list(["Anna", "Bert", "Cleo"]);
  expect(names()).toEqual(["on its way"]);
  await screen.findByText("Bert");
  expect(names()).toEqual(["Anna", "Bert", "Mehr laden"]);
  fireEvent.click(screen.getByRole("button", { name: "Mehr laden" }));
  await screen.findByText("Cleo");
  expect(names()).toEqual(["Anna", "Bert", "Cleo"]);
});

test("A list without any says so, also when what there is is not shown", async () => {
  await list([]);
  await screen.findByText("nobody");
  cleanup();
  await list(["Anna"], (name) => name !== "Anna");
  await screen.findByText("nobody");
  expect(names()).toEqual(["nobody"]);
});

test("A page of which nothing is shown is not the end of its list", async () => {
  await list(["Anna", "Bert", "Cleo"], (name) => name === "Cleo");
  fireEvent.click(await screen.findByRole("button", { name: "Mehr laden" }));
  await screen.findByText("Cleo");
  expect(names()).toEqual(["Cleo"]);
});

test("A page that could not be loaded is tried again", async () => {
  isThere = false;
  await list(["Anna"]);
  const retry = await screen.findByRole("button", { name: "Erneut versuchen" });
  isThere = true;
  fireEvent.click(retry);
  await screen.findByText("Anna");
  expect(names()).toEqual(["Anna"]);
});
