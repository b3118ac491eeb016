import type { CodegenConfig } from "@graphql-codegen/cli";

const types = {
  preset: "client",
  presetConfig: { fragmentMasking: false },
  config: {
    useTypeImports: true,
    enumsAsTypes: true,
    defaultScalarType: "unknown",
    scalars: { Date: "string", DateTime: "string", ID: "string", JSON: "unknown", Upload: "File" },
  },
} as const;

/**
 * Types of the operations in `src/**\/*.graphql`, from the contract at the root of the repository. What is generated is one module, which the
 * first load has whole; so the operations in `*.page.graphql`, of pages that are visited later, are in a second one.
 */
const config: CodegenConfig = {
  schema: "../../schema.graphql",
  generates: {
    "src/gql/": { ...types, documents: ["src/**/*.graphql", "!src/**/*.page.graphql"] },
    "src/gql/pages/": { ...types, documents: "src/**/*.graphql" },
  },
};

export default config;
