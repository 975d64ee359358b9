import { LANGUAGE } from "@/texts";

/** An amount of the API, such as `5200.00`, as people write it; without the cents where there are none. */
export function amount(money: string): string {
  const cents = !/\.0*$/.test(money) && money.includes(".");
  // A string is formatted to its last digit, as a number could not be.
  return new Intl.NumberFormat(LANGUAGE, {
    minimumFractionDigits: cents ? 2 : 0,
    maximumFractionDigits: 2,
  }).format(money as Intl.StringNumericLiteral);
}
