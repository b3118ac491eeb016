import { useNetwork } from "@mantine/hooks";
import { IconPlugConnectedX, IconWifiOff } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useConnection } from "../api/live";
import { Banner } from "../ui/Banner";

/** The time that a connection may be away before the banner says so, in ms: a restart often takes less. */
const patience = 1_500;

/** Says that what is shown may be out of date. */
export function ConnectionBanner() {
  const { t } = useTranslation();
  const { online } = useNetwork();
  const lost = useConnection() === "lost";
  const [late, setLate] = useState(false);

  useEffect(() => {
    if (!lost) return setLate(false);
    const timer = setTimeout(() => setLate(true), patience);
    return () => clearTimeout(timer);
  }, [lost]);

  const text = online ? late && t("common.connection.lost") : t("common.connection.offline");
  const Icon = online ? IconPlugConnectedX : IconWifiOff;
  return <div role="status">{text && <Banner icon={<Icon size={16} stroke={1.8} />}>{text}</Banner>}</div>;
}
