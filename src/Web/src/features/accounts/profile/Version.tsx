import { Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { serverSettings } from "../../../api/settings";

/** Which version of the product answers: for whoever reports something. */
export function Version() {
  const { t } = useTranslation();
  const [version, setVersion] = useState("");
  useEffect(() => {
    void serverSettings().then((settings) => setVersion(settings.version));
  }, []);
  return version ? (
    <Text size="xs" c="dimmed" ta="center" mt="md">
      {t("accounts.profile.version", { version })}
    </Text>
  ) : null;
}
