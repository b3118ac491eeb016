import { Button, Center } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  onMore: () => void;
  loading?: boolean;
}

/** At the end of a list that has more: loads it when it comes into view, or by a click. */
export function More({ onMore, loading = false }: Props) {
  const { t } = useTranslation();
  const { ref, entry } = useIntersection();
  const seen = entry?.isIntersecting ?? false;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each time that it comes into view.
  useEffect(() => {
    if (seen && !loading) onMore();
  }, [seen, loading]);
  return (
    <Center p="sm">
      <Button ref={ref} variant="subtle" size="xs" loading={loading} onClick={onMore}>
        {t("common.action.more")}
      </Button>
    </Center>
  );
}
