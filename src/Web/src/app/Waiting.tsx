import { Center, Loader, MantineProvider, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { theme, variables } from "./theme";

/** While the server does not answer at the start. */
export function Waiting() {
  const { t } = useTranslation();
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <Center component="main" mih="100vh" p="md" role="status">
        <Stack align="center">
          <Loader size="sm" aria-hidden />
          <Text>{t("common.connection.starting")}</Text>
        </Stack>
      </Center>
    </MantineProvider>
  );
}
