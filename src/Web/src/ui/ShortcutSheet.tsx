import { Kbd, Modal, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

const groups = {
  moving: [
    { keys: ["j"], text: "next" },
    { keys: ["k"], text: "previous" },
    { keys: ["Enter"], text: "open" },
    { keys: ["u"], text: "back" },
    { keys: ["/"], text: "search" },
  ],
  acting: [
    { keys: ["c"], text: "create" },
    { keys: ["r"], text: "reply" },
    { keys: ["n"], text: "note" },
    { keys: ["x"], text: "select" },
    { keys: ["a"], text: "attention" },
    { keys: ["e"], text: "answered" },
  ],
  writing: [
    { keys: ["Strg", "Enter"], text: "send" },
    { keys: ["Esc"], text: "leave" },
    { keys: ["?"], text: "help" },
  ],
} as const;

/** The help sheet: every key there is. "?" opens it. */
export function ShortcutSheet({ close }: { close: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={close}
      title={t("shortcuts.title")}
      size="md"
      closeButtonProps={{ "aria-label": t("common.action.close") }}
    >
      {Object.entries(groups).map(([group, keys]) => (
        <Table key={group} mb="md" captionSide="top" verticalSpacing={6} withRowBorders={false}>
          <Table.Caption ta="start" fw={600} mt={0} c="var(--mantine-color-text)">
            {t(`shortcuts.groups.${group as keyof typeof groups}`)}
          </Table.Caption>
          <Table.Tbody>
            {keys.map(({ keys: pressed, text }) => (
              <Table.Tr key={text}>
                <Table.Td>
                  <Text size="sm">{t(`shortcuts.keys.${text}`)}</Text>
                </Table.Td>
                <Table.Td ta="end">
                  {pressed.map((key) => (
                    <Kbd key={key} ms={4}>
                      {key === "Strg" ? t("shortcuts.control") : key}
                    </Kbd>
                  ))}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      ))}
    </Modal>
  );
}
