import { GraphiQLProvider } from "@graphiql/react";
import { DOC_EXPLORER_PLUGIN, DocExplorerStore } from "@graphiql/plugin-doc-explorer";
import { HISTORY_PLUGIN, HistoryStore } from "@graphiql/plugin-history";
import { createGraphiQLFetcher, type Fetcher } from "@graphiql/toolkit";
import { GraphiQLInterface } from "graphiql";
import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import { createClient } from "graphql-ws";
import { createRoot } from "react-dom/client";
import { Bar } from "./Bar";
import { examples } from "./examples";
import "./page.css";
import { authorization } from "./session";
import { texts } from "./texts";

const socket = new URL("/graphql", location.href);
socket.protocol = socket.protocol === "https:" ? "wss:" : "ws:";

// What is written into the tab's headers counts more than who signed in above. A socket is opened for a subscription only, as whoever begins it.
const fetcher: Fetcher = (params, options) => {
  const headers = { ...authorization(), ...options?.headers };
  const wsClient = createClient({ url: socket.href, connectionParams: headers, retryAttempts: 0 });
  return createGraphiQLFetcher({ url: "/graphql", wsClient })(params, { ...options, headers });
};

document.documentElement.lang = texts.language;
createRoot(document.getElementById("page")!).render(
  <GraphiQLProvider fetcher={fetcher} plugins={[DOC_EXPLORER_PLUGIN, HISTORY_PLUGIN]} referencePlugin={DOC_EXPLORER_PLUGIN} defaultQuery={examples[0]!.document}>
    <HistoryStore>
      <DocExplorerStore>
        <Bar />
        <main lang="en">
          <GraphiQLInterface showPersistHeadersSettings={false} defaultEditorToolsVisibility="headers" />
        </main>
      </DocExplorerStore>
    </HistoryStore>
  </GraphiQLProvider>,
);
