import type { CodegenConfig } from "@graphql-codegen/cli";

/** Types of the operations in `src/**\/*.graphql`, from the contract at the root of the repository. */
const config: CodegenConfig = {
  schema: "../../schema.graphql",
  documents: "src/**/*.graphql",
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        defaultScalarType: "unknown",
        scalars: { DateTime: "string", ID: "string", JSON: "unknown", Upload: "File" },
      },
    },
  },
};

export default config;
