/** The product's sign; names nothing to screen readers, the organisation's name beside it does. */
export const Logo = ({ size = 28 }: { size?: number }) => <img src="/icon.svg" width={size} height={size} alt="" />;
