import { encode } from "uqr";

interface Props {
  text: string;
  /** What it is for, for those who do not see it. */
  label: string;
}

/** A QR code, dark on light in every scheme: cameras need it so. */
export function QrCode({ text, label }: Props) {
  const { data, size } = encode(text, { border: 2 });
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      width={200}
      height={200}
      shapeRendering="crispEdges"
      style={{ alignSelf: "center", borderRadius: 8 }}
    >
      <rect width={size} height={size} fill="#ffffff" />
      <path d={path} fill="#000000" />
    </svg>
  );
}
