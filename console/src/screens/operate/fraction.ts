/** A fraction as the venue takes it: 0 to 1, in millionths. */
export const FRACTION = /^(0(\.\d{1,6})?|1(\.0{1,6})?)$/;
