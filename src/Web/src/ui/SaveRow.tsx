import { Button, Group, Text } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Refused } from "./Refused";

interface Props {
  /** Whether there is something to save. */
  dirty: boolean;
  saving: boolean;
  saved: boolean;
  /** Why it was not saved, where no field is to blame. */
  refused?: string;
  reset?: () => void;
  label?: string;
}

/** The end of a form: saves it, and says what came of that. */
export function SaveRow({ dirty, saving, saved, refused, reset, label }: Props) {
  const { t } = useTranslation();
  return (
    <>
      {refused && <Refused>{refused}</Refused>}
      <Group gap="sm">
        <Button type="submit" loading={saving} disabled={!dirty}>
          {label ?? t("common.action.save")}
        </Button>
        {dirty && reset && (
          <Button variant="subtle" color="gray" onClick={reset}>
            {t("common.action.cancel")}
          </Button>
        )}
        <Text role="status" size="sm" c="var(--status-answered)" fw={560}>
          {saved && !dirty && (
            <Group component="span" gap={4}>
              <IconCheck size={16} />
              {t("common.action.saved")}
            </Group>
          )}
        </Text>
      </Group>
    </>
  );
}
